package slack

// Each limit names its source: a page of docs.slack.dev under reference/, or the report that found it out.
//
// Whether Slack counts code points or UTF-16 units is not documented. We count UTF-16 units, which are never fewer, so that
// a text of emoji passes either way.

// What fits in one message.
const (
	// maxText is the top-level text of a message that can still be edited (methods/chat.update: msg_too_long).
	// chat.postMessage takes more, but most of our messages are edited sooner or later.
	maxText = 4000
	// maxSentence is how much of a summary goes into the text before it is escaped. Entities make it longer; where it
	// passes maxText then, it is cut again, before escaping as well.
	maxSentence = 3000
	// maxBlocks is the number of blocks in a message (block-kit/blocks).
	maxBlocks = 50
	// maxTotal is the text of all blocks together. Slack refuses a message with msg_blocks_too_long and does not say from
	// where on: 13 200 characters were too many in slackapi/bolt-js issue 2509, 11 341 in issue 2867.
	maxTotal = 10000
	// maxSection is the text of a section block, maxFields the number of its fields, maxField the text of each
	// (block-kit/blocks/section-block).
	maxSection = 3000
	maxFields  = 10
	maxField   = 2000
	// maxButtons is the number of elements in an actions block (block-kit/blocks/actions-block).
	maxButtons = 25
	// maxButtonText and maxButtonValue are a button's (block-kit/block-elements/button-element).
	maxButtonText  = 75
	maxButtonValue = 2000
	// maxActionID and maxBlockID hold for every element and every block (the pages named above).
	maxActionID = 255
	maxBlockID  = 255
	// What a confirmation holds (block-kit/composition-objects/confirmation-dialog-object).
	maxConfirmTitle  = 100
	maxConfirmText   = 300
	maxConfirmButton = 30
	// maxURL is an address (block-kit/block-elements/button-element has 3000 for its own; ours are far shorter). A link
	// with a longer one is shown as text.
	maxURL = 500
)

// What fits in a view.
const (
	// maxViewBlocks is the number of blocks in a view (surfaces/modals).
	maxViewBlocks = 100
	// maxViewTitle holds for the title and for both buttons of a view, maxMetadata for its private_metadata
	// (views/modal-views).
	maxViewTitle = 24
	maxMetadata  = 3000
	// maxInputLabel and maxInputHint are an input block's (block-kit/blocks/input-block).
	maxInputLabel = 2000
	maxInputHint  = 2000
	// maxLine is the text that a plain_text_input holds (block-kit/block-elements/plain-text-input-element).
	maxLine = 3000
	// maxOptions is the number of options of a select menu, maxOption the text and the value of each
	// (block-kit/block-elements/select-menu-element, block-kit/composition-objects/option-object).
	maxOptions = 100
	maxOption  = 75
	// externalMin is the min_query_length of a menu that asks the bot. Slack's own default is 3, and there are VMs with
	// shorter names (block-kit/block-elements/select-menu-element).
	externalMin = 0
)

// How much of each part of a card is drawn. These are ours: together the parts that are always drawn stay well below
// maxTotal, so that none of them, however long, can hide the others.
const (
	// maxTitle is a title before it is escaped, maxHead title or summary after it.
	maxTitle = 300
	maxHead  = 2000
	// barWidth is the number of characters of a progress bar, maxProgress the bar with the server's own words beside it.
	barWidth    = 20
	maxProgress = 500
	// maxLabel is the name of a field and maxRow a line, before they are escaped.
	maxLabel = 100
	maxRow   = 1000
	// maxQuote and maxNote are quote and small print as they leave.
	maxQuote = 2000
	maxNote  = 800
	// maxIndent is how many blanks at the beginning of a quoted line are kept.
	maxIndent = 20
	// maxUserID is far above the 11 or so characters of Slack's ids.
	maxUserID = 64
	// maxActions is the number of actions blocks, of which more than one is rare.
	maxActions = 5
	// maxPressed is all text of all buttons, with their confirmations.
	maxPressed = 2500
)
