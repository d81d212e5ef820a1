package discord

// Each limit names its source: a page of Discord's developer documentation, or how it was found out.
//
// Whether Discord counts code points or UTF-16 units is not documented. Everything that is cut here is counted in UTF-16
// units, which are never fewer.

// What fits in one message.
const (
	// maxContent is the text beside the embeds (resources/message, create message).
	maxContent = 2000
	// What an embed holds (resources/message, embed limits).
	maxTitle       = 256
	maxDescription = 4096
	maxFields      = 25
	maxFieldName   = 256
	maxFieldValue  = 1024
	maxFooter      = 2048
	// maxEmbeds is title, description, fields and footer of all embeds of a message together (same place).
	maxEmbeds = 6000
	// maxRows is the number of action rows, maxRowButtons what each holds (components/reference, action row).
	maxRows       = 5
	maxRowButtons = 5
	// maxButtonLabel is a button's label, maxCustomID what it brings back (components/reference, button). An id is unique
	// within its message.
	maxButtonLabel = 80
	maxCustomID    = 100
)

// What fits in a command and its completions.
const (
	// maxChoices is the number of completions, maxChoice the name and the value of each
	// (interactions/application-commands, option choice structure).
	maxChoices = 25
	maxChoice  = 100
)

// How much of each part of a card is drawn. These are ours: head, fields, quote and footer together stay below maxEmbeds,
// so that none of them, however long, can hide the others. The lines get what is left.
const (
	// maxSummary is a summary or title where it is text of the message, before it is escaped.
	maxSummary = 700
	// barWidth is the number of characters of a progress bar, maxPhase the server's own words beside it.
	barWidth = 20
	maxPhase = 200
	// maxLabel is the name of a field and maxRow a line or a field's value, before they are escaped; maxLine is a line after
	// it.
	maxLabel = 100
	maxRow   = 500
	maxLine  = 1000
	// maxInline is the longest value of a field that stands beside others.
	maxInline = 40
	// maxMore is the room for saying how much is missing.
	maxMore = 40
	// maxHead, maxQuote, maxNote and maxAllFields are those parts as they leave.
	maxHead      = 1000
	maxQuote     = 1200
	maxNote      = 600
	maxAllFields = 1800
	// maxIndent is how many blanks at the beginning of a quoted line are kept.
	maxIndent = 20
	// maxSnowflake is the number of digits in an id: a snowflake is an unsigned number of 64 bits (reference, snowflakes).
	maxSnowflake = 20
	// What may be typed into a command: a name with its host, or several; a note. Discord takes up to 6000.
	maxTyped     = 300
	maxTypedNote = 300
	// maxRuns is how many runs a report shows at most.
	maxRuns = 20
)
