package catalog

import (
	"crateful.dev/models/api"
	"crateful.dev/models/internal/tier"
)

// LicenceStandard is the licence of every pack today. The tiers above it have wordings of their own.
const LicenceStandard = "standard"

// Compared says in a few lines how the tiers differ.
var Compared = []api.LicenceRow{
	{Text: "Use in your music, films, games and broadcasts, also commercially, with no royalties to pay", In: tier.All},
	{Text: "For ever, worldwide, for any number of copies, plays and viewers", In: tier.All},
	{Text: "Heard almost alone: jingles, logos, ringtones, sounds of apps and products", In: []api.Tier{api.TierExtended, api.TierExclusive}},
	{Text: "In apps, instruments and templates that play the sounds, when nobody can take them out", In: []api.Tier{api.TierExtended, api.TierExclusive}},
	{Text: "Hand over projects and stems to clients, who get the same rights in them", In: []api.Tier{api.TierExtended, api.TierExclusive}},
	{Text: "Sold once: nobody else can buy it after you; who bought before keeps it", In: []api.Tier{api.TierExclusive}},
	{Text: "Register your productions in content recognition, also where the sound is heard alone", In: []api.Tier{api.TierExclusive}},
	{Text: "Pass the sounds on as sounds, or train generative models with them", In: []api.Tier{}},
}

// Licences are the wordings, by tier. The one of Standard goes into every edition.
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
}, {
	Code: string(api.TierExtended),
	Name: "Extended licence",
	Lines: []api.LicenceLine{
		{Allowed: true, Text: "Everything the Standard licence allows."},
		{Allowed: true, Text: "Let a sound be heard almost alone: jingles, logos, ringtones, sounds of apps and products."},
		{Allowed: true, Text: "Put the sounds into apps, instruments and templates that play them, when nobody can take them out."},
		{Allowed: true, Text: "Hand over projects and stems to clients, who get the same rights in them."},
		{Allowed: false, Text: "Do not pass the sounds on as sounds, and do not train generative models with them."},
	},
	Text: `Crateful extended licence

1. What this covers. "The sounds" are all files of the sample pack, or the single sound, that this licence was bought
   for. "The producer" is who offers them on Crateful. "You" are the person or company that bought the licence.

2. What you may do. The producer grants you a non-exclusive, worldwide, perpetual right to use the sounds in
   recordings, compositions, performances, films, games, broadcasts, software, devices and other productions of
   yours, commercial or not, to change and combine them for that purpose, and to reproduce, distribute, perform and
   communicate the productions by any means. No further fee or royalty is due for such use, and no credit is
   required.

3. What goes beyond the standard licence. A sound may be heard almost alone, as in a jingle, a logo, a ringtone or a
   sound of an app or product. The sounds may be built into apps, instruments and templates that play them, as long
   as their users cannot take them out as files. You may hand over projects and stems made with the sounds to your
   clients, who then have the rights of this licence for those productions.

4. What you may not do. You may not distribute, sell, lend or sublicense the sounds as sounds, whether alone, changed
   or unchanged, in sample packs, sound libraries, loop services or any other form in which somebody could extract
   and reuse them. You may not register a production in which one of them is heard almost alone in a content
   recognition system. You may not use them to train or feed systems that generate audio.

5. Working with others. Everybody who works for you or your company may use the sounds for your productions. The
   licence may be transferred only together with your whole business.

6. How long it lasts. The licence begins with payment and does not end when the pack changes or is no longer offered.
   It ends when the purchase is refunded, or when you break section 4 and do not set it right within 30 days of being
   told.

7. Promises. The producer states that they made the sounds or hold all rights needed to grant this licence.
   The sounds are provided as they are; nobody promises that they suit a particular purpose. Rights that the law
   gives you and that cannot be waived stay untouched.
`,
}, {
	Code: string(api.TierExclusive),
	Name: "Exclusive licence",
	Lines: []api.LicenceLine{
		{Allowed: true, Text: "Everything the Extended licence allows."},
		{Allowed: true, Text: "Nobody else can buy it after you: it goes off sale with your payment, for ever."},
		{Allowed: true, Text: "Register your productions in content recognition, also where a sound is heard almost alone."},
		{Allowed: true, Text: "Whoever bought a licence before you keeps it. You are told how many there are before you pay."},
		{Allowed: false, Text: "Do not pass the sounds on as sounds, and do not train generative models with them."},
	},
	Text: `Crateful exclusive licence

1. What this covers. "The sounds" are all files of the sample pack, or the single sound, that this licence was bought
   for. "The producer" is who offers them on Crateful. "You" are the person or company that bought the licence.

2. What you may do. The producer grants you a worldwide, perpetual right to use the sounds in recordings,
   compositions, performances, films, games, broadcasts, software, devices and other productions of yours, commercial
   or not, to change and combine them for that purpose, and to reproduce, distribute, perform and communicate the
   productions by any means. A sound may be heard almost alone. The sounds may be built into apps, instruments and
   templates that play them, as long as their users cannot take them out as files. You may hand over projects and
   stems made with the sounds to your clients, who then have the rights of this licence for those productions. No
   further fee or royalty is due for such use, and no credit is required.

3. What exclusive means. From the moment of payment the producer grants no further licence to the sounds, to anybody
   and anywhere, and does not use them in productions or packs of their own. Licences granted before that moment stay
   as they are; their number was shown to you before you paid. You may register your productions in content
   recognition systems, and must release claims against those who hold such an earlier licence.

4. What you may not do. You may not distribute, sell, lend or sublicense the sounds as sounds, whether alone, changed
   or unchanged, in sample packs, sound libraries, loop services or any other form in which somebody could extract
   and reuse them. You may not use them to train or feed systems that generate audio.

5. Working with others. Everybody who works for you or your company may use the sounds for your productions. The
   licence may be transferred as a whole, together with its exclusivity, when you tell the producer.

6. How long it lasts. The licence begins with payment and does not end. It ends when the purchase is refunded, or
   when you break section 4 and do not set it right within 30 days of being told; the producer may then offer the
   sounds again.

7. Promises. The producer states that they made the sounds or hold all rights needed to grant this licence.
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
