using System.Text.RegularExpressions;

namespace VirtHandover.Detection;

/// <summary>What <c>qemu --version</c> says about itself.</summary>
/// <param name="Version">For example <c>7.2.22</c>.</param>
/// <param name="Package">What the packager put in brackets, for example <c>qemu-kvm-8.0.0-16.el9</c>; empty when nothing.</param>
internal sealed partial record EmulatorVersion(string Version, string Package)
{
    /// <summary>Reads the output.</summary>
    /// <param name="output">For example <c>QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)</c> and a copyright line.</param>
    /// <returns>Null when it is not QEMU's.</returns>
    public static EmulatorVersion? Parse(string output) =>
        Line().Match(output) is { Success: true } match
            ? new EmulatorVersion(match.Groups["version"].Value, match.Groups["package"].Value)
            : null;

    [GeneratedRegex(
        @"^QEMU emulator version (?<version>[0-9][0-9A-Za-z.~_-]{0,63})(?: \((?<package>[^\r\n]{1,200})\))?\s*$",
        RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Line();
}
