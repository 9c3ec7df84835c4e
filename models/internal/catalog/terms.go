package catalog

import "crateful.dev/models/api"

// LicenceStandard is the licence of every pack today.
const LicenceStandard = "standard"

// Licences that a pack may have, with the wording that goes into every edition.
var Licences = []api.Licence{{
	Code: LicenceStandard,
	Name: "Standard licence",
	Lines: []api.LicenceLine{
		{Allowed: true, Text: "Use the sounds in your own music and productions, also commercially, as often as you like."},
		{Allowed: true, Text: "Change, cut and mix them. What you make with them is yours, with no further royalties to pay."},
		{Allowed: true, Text: "The licence lasts for ever and works worldwide, also when the pack is no longer sold."},
		{Allowed: false, Text: "Do not pass the sounds on as sounds: not alone, not in another sample pack, not in an instrument."},
		{Allowed: false, Text: "Do not register them in content recognition systems or train generative models with them."},
	},
	Text: `Crateful standard licence

1. What this covers. "The sounds" are all files of the sample pack, or the single sound, that this licence was bought
   for. "The producer" is who offers them on Crateful. "You" are the person or company that bought the licence.

2. What you may do. The producer grants you a non-exclusive, worldwide, perpetual right to use the sounds in
   recordings, compositions, performances, films, games, broadcasts and other productions of yours, commercial or
   not, to change and combine them for that purpose, and to reproduce, distribute, perform and communicate the
   productions by any means. No further fee or royalty is due for such use, and no credit is required.

3. What you may not do. You may not distribute, sell, lend or sublicense the sounds as sounds, whether alone,
   changed or unchanged, in sample packs, sound libraries, presets, sampled instruments, loops services or any other
   form in which somebody could extract and reuse them. You may not register the sounds, or a production in which
   one of them is heard almost alone, in a content recognition system. You may not use them to train or feed systems
   that generate audio.

4. Working with others. People who work with you on a production may use the sounds for that production. The licence
   may be transferred only together with your whole business.

5. How long it lasts. The licence begins with payment, or with the download when the sounds are free, and does not
   end when the pack changes or is no longer offered. It ends when the purchase is refunded, or when you break
   section 3 and do not set it right within 30 days of being told.

6. Promises. The producer states that they made the sounds or hold all rights needed to grant this licence.
   The sounds are provided as they are; nobody promises that they suit a particular purpose. Rights that the law
   gives you and that cannot be waived stay untouched.
`,
}}

// LicenceByCode finds a licence.
func LicenceByCode(code string) (api.Licence, bool) {
	for _, l := range Licences {
		if l.Code == code {
			return l, true
		}
	}
	return api.Licence{}, false
}

// Rights is the wording a producer agrees to now. A pack keeps the version, text and time it was agreed to; another wording is a
// new version.
var Rights = api.RightsText{
	Version: "2026-11",
	Text: "I made every sound and file in this pack myself, or I hold the rights needed to sell it under the licence shown here. " +
		"Nothing in it was taken from other sample packs, records, films, games or from people who did not agree. " +
		"I answer for this statement, and I know that a pack can be taken down when it is wrong.",
}
