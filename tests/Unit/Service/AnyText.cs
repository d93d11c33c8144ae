using CsCheck;

namespace VirtHandover.Tests.Unit.Service;

/// <summary>Texts that somebody may choose who wants to be more than a name.</summary>
internal static class AnyText
{
    private static readonly string[] s_tricks =
    [
        "\n", "=", "\0", "\r", "<0>", "\u001b[2J", "\u2028", "\u0085", "\u202e", "{Uuid}", "{{", "\"", "\nMESSAGE=", "\nPRIORITY=0\n", "\ud800", "\U0001f600",
    ];

    public static Gen<string> Gen { get; } = CsCheck.Gen.OneOf(CsCheck.Gen.Int[0, s_tricks.Length - 1].Select(trick => s_tricks[trick]), CsCheck.Gen.String)
        .Array[0, 12].Select(string.Concat);
}
