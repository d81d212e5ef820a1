package chat

import "time"

// Tone colours a card. It never carries meaning alone: the words say the same.
type Tone string

// The tones.
const (
	ToneNeutral Tone = ""
	ToneWorking Tone = "working"
	ToneGood    Tone = "good"
	ToneWarn    Tone = "warn"
	ToneBad     Tone = "bad"
)

// Card is one message as the bot means it. The zero value is an empty message, which adapters refuse.
type Card struct {
	// Key finds the message again when the answer to its post was lost; empty for private answers. At most MaxKey bytes.
	Key string `json:"key,omitempty"`
	// Summary is the whole message in one full sentence: what a notification or a screen reader says. Never empty.
	Summary Text `json:"summary"`
	// Title heads the card; where it is empty the card is its Summary and what follows.
	Title Text `json:"title,omitempty"`
	Tone  Tone `json:"tone,omitempty"`
	// Progress is nil where there is none to show.
	Progress *Progress `json:"progress,omitempty"`
	Fields   []Field   `json:"fields,omitempty"`
	// Lines are paragraphs or list rows, one each.
	Lines []Text `json:"lines,omitempty"`
	// Quote is foreign text of some length, such as a server's error, shown monospaced.
	Quote string `json:"quote,omitempty"`
	// Note is small print: server name, operation id.
	Note    Text     `json:"note,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
	// Menu opens what can be done here. It is shown where people cannot type commands beside the message, as in Slack's
	// threads; nil for none.
	Menu *Button `json:"menu,omitempty"`
	// Mention is the one person that the message may notify; nil for nobody.
	Mention *Actor `json:"mention,omitempty"`
	// Broadcast also shows a thread's message in its channel.
	Broadcast bool `json:"broadcast,omitempty"`
	// Echo marks a private answer that says only what a public message says as well: a platform that does not have to
	// answer each request leaves it out.
	Echo bool `json:"echo,omitempty"`
	// Plain asks for text alone: the platform refused the card once.
	Plain bool `json:"plain,omitempty"`
}

// MaxKey is the longest key of a message: Discord's nonce holds 25 characters.
const MaxKey = 25

// Progress is how far a job is.
type Progress struct {
	// Percent is 0 to 100.
	Percent float64 `json:"percent"`
	// Phase is the server's own text for what it is doing.
	Phase string `json:"phase,omitempty"`
}

// Field is a labelled value.
type Field struct {
	Label string `json:"label"`
	Value Text   `json:"value"`
}

// Style is how much a button asks for attention.
type Style string

// The styles.
const (
	StyleDefault Style = ""
	StylePrimary Style = "primary"
	StyleDanger  Style = "danger"
)

// Button is one thing that a reader can do.
type Button struct {
	// Action is one of the contract's words; ID what it is done to; Arg a variant, often empty.
	Action string `json:"action"`
	ID     string `json:"id"`
	Arg    string `json:"arg,omitempty"`
	Label  string `json:"label"`
	Style  Style  `json:"style,omitempty"`
	// Confirm asks back before the press counts, where the platform has a dialog for that; nil for none.
	Confirm *Confirm `json:"confirm,omitempty"`
}

// Confirm is the question of a button.
type Confirm struct {
	Title string `json:"title"`
	Text  string `json:"text"`
	Yes   string `json:"yes"`
	No    string `json:"no"`
}

// Choice is one completion.
type Choice struct{ Label, Value string }

// Form asks for several values at once.
type Form struct {
	// Action and ID come back with the submitted form.
	Action, ID string
	Title      string
	Submit     string
	Inputs     []Input
}

// Input is one question of a form.
type Input struct {
	Name, Label, Hint, Initial string
	Optional                   bool
	// Choices make it a pick list; nil a line of text.
	Choices []Choice
	// Complete asks the bot for choices while somebody types: a Suggest request with the form's Action and ID, whose
	// Options hold what was typed under the input's Name. The value that comes back is the chosen one.
	Complete bool
}

// Class orders deliveries: a final state goes before a first message, and that before progress.
type Class int

// The classes, most urgent first.
const (
	// Final carries the last word and is kept until it is delivered.
	Final Class = iota
	// First is a message that people are waiting for.
	First
	// Ongoing may be left out: the next one says more.
	Ongoing
)

// Draft is a message that the bot wants to stand in a place, in its newest form.
type Draft struct {
	// Key names the message for ever; a second draft of the same key is an edit.
	Key string
	// Under is the key of the message in whose thread this one stands; empty for the place itself.
	Under string
	// To is where it stands; with Under, where the message above stands.
	To    Place
	Class Class
	Card  Card
}

// Call is what is about to be asked of a platform.
type Call int

// The calls that platforms limit.
const (
	CallPost Call = iota
	CallEdit
	CallFind
	CallThread
	CallDelete
)

// Budget is one limit of a platform: at most Burst calls at once, and one more each Every. Calls that name the same
// budget share it.
type Budget struct {
	Name  string
	Every time.Duration
	Burst int
}
