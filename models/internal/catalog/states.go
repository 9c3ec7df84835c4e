package catalog

import (
	"slices"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
)

// moves is the one state machine of packs; the database holds the same list and refuses everything else.
//
//	draft ⇄ checking ⇄ ready → publishing → live ⇄ withdrawn
//
// Draft, checking and ready follow from the files and the checklist. A listed pack stays visible while its next edition
// is being built. An admin can take down what is or was on sale and give it back.
var moves = map[api.PackState][]api.PackState{
	api.PackDraft:      {api.PackChecking, api.PackReady},
	api.PackChecking:   {api.PackDraft, api.PackReady},
	api.PackReady:      {api.PackDraft, api.PackChecking, api.PackPublishing},
	api.PackPublishing: {api.PackLive, api.PackDraft, api.PackChecking, api.PackReady, api.PackWithdrawn, api.PackTakenDown},
	api.PackLive:       {api.PackPublishing, api.PackWithdrawn, api.PackTakenDown},
	api.PackWithdrawn:  {api.PackPublishing, api.PackLive, api.PackTakenDown},
	api.PackTakenDown:  {api.PackWithdrawn, api.PackLive},
}

// States lists all states of a pack.
var States = []api.PackState{
	api.PackDraft, api.PackChecking, api.PackReady, api.PackPublishing, api.PackLive, api.PackWithdrawn, api.PackTakenDown,
}

// CanMove tells whether a pack may go from one state to another.
func CanMove(from, to api.PackState) bool { return slices.Contains(moves[from], to) }

// move puts the pack into a state, or says why it cannot be.
func (p *Pack) move(to api.PackState) error {
	if p.State == to {
		return nil
	}
	if !CanMove(p.State, to) {
		return errs.New(errs.CodeConflict, "pack_"+string(p.State), "The pack is "+stateWords[p.State]+", so this cannot be done now.")
	}
	p.State = to
	return nil
}

var stateWords = map[api.PackState]string{
	api.PackDraft: "a draft", api.PackChecking: "being checked", api.PackReady: "ready but not published", api.PackPublishing: "being published",
	api.PackLive: "live", api.PackWithdrawn: "withdrawn", api.PackTakenDown: "taken down",
}

// preparing tells whether the state still follows from files and checklist.
func (p *Pack) preparing() bool {
	return p.State == api.PackDraft || p.State == api.PackChecking || p.State == api.PackReady
}

// settle sets the state that follows from the checklist, while the pack is being prepared.
func (p *Pack) settle(checks []api.Check) error {
	if !p.preparing() {
		return nil
	}
	return p.move(stateOf(checks))
}

// stateOf is the state of a pack being prepared.
func stateOf(checks []api.Check) api.PackState {
	state := api.PackReady
	for _, c := range checks {
		switch c.State {
		case api.CheckWaiting:
			return api.PackChecking
		case api.CheckOpen:
			state = api.PackDraft
		}
	}
	return state
}

// IsState tells whether packs have such a state.
func IsState(s api.PackState) bool { return slices.Contains(States, s) }
