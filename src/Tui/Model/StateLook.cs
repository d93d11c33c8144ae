namespace VirtHandover.Tui.Model;

/// <summary>A domain's state as it is shown: always a glyph, a word and a tone, so that none of them is needed.</summary>
internal sealed record StateLook(string Glyph, string Word, Tone Tone)
{
    /// <summary>The words the service uses, in the order in which summaries name them.</summary>
    public static readonly IReadOnlyList<string> Words =
        ["pending", "approved", "running", "failed", "blocked", "deferred", "done", "current"];

    public static StateLook Of(string state, GlyphSet glyphs) => state switch
    {
        "current" => new(glyphs.Current, state, Tone.Dim),
        "pending" => new(glyphs.Pending, state, Tone.Attention),
        "approved" => new(glyphs.Approved, state, Tone.Busy),
        "running" => new(glyphs.Running, state, Tone.Busy),
        "done" => new(glyphs.Done, state, Tone.Good),
        "failed" => new(glyphs.Failed, state, Tone.Bad),
        "deferred" => new(glyphs.Deferred, state, Tone.Dim),
        "blocked" => new(glyphs.Blocked, state, Tone.Bad),
        // A newer service may know more states than this program.
        _ => new("?", glyphs.Safe(state), Tone.Normal),
    };
}
