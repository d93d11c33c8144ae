using VirtHandover.Foreign;

namespace VirtHandover.Contract;

/// <summary>How much a <see cref="Finding"/> weighs.</summary>
public enum FindingSeverity
{
    /// <summary>Informs; the handover deals with it.</summary>
    Note,

    /// <summary>The handover goes on, but the administrator should know.</summary>
    Warning,

    /// <summary>The handover is refused.</summary>
    Blocker,
}

/// <summary>One result of the preflight or of the twin check.</summary>
/// <param name="Code">Stable, upper case, for example <c>VQ_SIZE</c>; listed in <c>docs/preflight.md</c>.</param>
/// <param name="Severity">What the finding does to the handover.</param>
/// <param name="Sentence">What was found, for which device, and what the administrator can do.</param>
public sealed record Finding(string Code, FindingSeverity Severity, string Sentence)
{
    /// <summary>Stable, upper case; at most <see cref="ForeignBounds.CodeChars"/> characters.</summary>
    public string Code { get; init; } = ForeignText.Shorten(Code ?? "", ForeignBounds.CodeChars);

    /// <summary>What was found; at most <see cref="ForeignBounds.SentenceChars"/> characters, and no password.</summary>
    public string Sentence { get; init; } = ForeignText.Sentence(Sentence ?? "");
}
