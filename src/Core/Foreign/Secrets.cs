using System.Text.RegularExpressions;

namespace VirtHandover.Foreign;

/// <summary>
/// Passwords in words of a command line, and in sentences that quote one. They are needed in two places only, the process and libvirt,
/// and are asked there at the moment of use: no journal, database, message or log has them.
/// </summary>
internal static partial class Secrets
{
    /// <summary>What stands where a password stood.</summary>
    internal const string Mark = "<not-kept>";

    /// <summary>A text without the passwords in it.</summary>
    /// <param name="text">A word of QEMU's command line, or a sentence.</param>
    internal static string Redact(string text)
    {
        // As a rule there is none, and command lines are long.
        if (text.Contains("passw", StringComparison.OrdinalIgnoreCase))
            text = Json().Replace(Keyed().Replace(text, Marked), Marked);
        if (text.Contains("secret", StringComparison.Ordinal) && text.Contains("data", StringComparison.Ordinal))
            text = JsonData().Replace(KeyedData().Replace(text, Marked), Marked);
        // What a guest is told at its start: cloud-init's and ignition's words (-fw_cfg), and systemd's credentials (-smbios, -append).
        if (text.Contains("string", StringComparison.Ordinal) && text.Contains("opt/", StringComparison.Ordinal))
            text = JsonString().Replace(KeyedString().Replace(text, Marked), Marked);
        if (text.Contains("credential", StringComparison.Ordinal))
            text = KernelCredential().Replace(Credential().Replace(text, Marked), Marked);
        // Ceph's key, where libvirt had no secret for it.
        if (text.Contains("rbd:", StringComparison.Ordinal))
            text = CephKey().Replace(text, Marked);
        return text.Contains("://", StringComparison.Ordinal) ? UserInfo().Replace(text, Marked) : text;
    }

    /// <summary>The words without passwords.</summary>
    internal static IReadOnlyList<string> Redact(IReadOnlyList<string> words) => [.. words.Select(Redact)];

    /// <summary>The words with their passwords again, which the process has among its own.</summary>
    /// <param name="words">What was kept.</param>
    /// <param name="process">The words that the process was started with.</param>
    /// <returns>Null when one is not there any more.</returns>
    internal static IReadOnlyList<string>? Restore(IReadOnlyList<string> words, IReadOnlyList<string> process)
    {
        var restored = new List<string>(words.Count);
        ILookup<string, string>? own = null;
        foreach (var word in words)
        {
            if (!word.Contains(Mark, StringComparison.Ordinal))
            {
                restored.Add(word);
                continue;
            }

            own ??= process.Where(one => !one.Contains(Mark, StringComparison.Ordinal)).ToLookup(Redact, StringComparer.Ordinal);
            // Two words that differ in their passwords only: which is whose cannot be told.
            if (own[word].Distinct(StringComparer.Ordinal).ToList() is not [var found])
                return null;
            restored.Add(found);
        }

        return restored;
    }

    // "on" and "off" (-vnc :0,password=on) and "password-secret=ID" are no passwords. A comma of a value is doubled.
    private static string Marked(Match match)
    {
        var value = match.Groups["value"];
        if (value.Value is "on" or "off" or "yes" or "no" or "true" or "false" or "" or Mark)
            return match.Value;
        var at = value.Index - match.Index;
        return string.Concat(match.ValueSpan[..at], Mark, match.ValueSpan[(at + value.Length)..]);
    }

    [GeneratedRegex("""passw(or)?d=(?<value>(,,|[^,])*)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Keyed();

    [GeneratedRegex("""passw(or)?d"\s*:\s*"(?<value>(\\.|[^"\\])*)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Json();

    [GeneratedRegex("""(?<![A-Za-z0-9_-])data=(?<value>(,,|[^,])*)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex KeyedData();

    [GeneratedRegex("""[{,\s]"data"\s*:\s*"(?<value>(\\.|[^"\\])*)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex JsonData();

    [GeneratedRegex("""(?<![A-Za-z0-9_-])string=(?<value>(,,|[^,])*)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex KeyedString();

    [GeneratedRegex("""[{,\s]"string"\s*:\s*"(?<value>(\\.|[^"\\])*)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex JsonString();

    [GeneratedRegex("""io\.systemd\.credential(\.binary)?:[^=,"]*=(?<value>(,,|[^,])*)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Credential();

    [GeneratedRegex("""("[^"\s]*set_credential(_binary)?=|set_credential(_binary)?=")[^:"]*:(?<value>[^"]*)|set_credential(_binary)?=[^:\s"]*:(?<value>[^\s]*)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex KernelCredential();

    [GeneratedRegex("""(?<!\\):key=(?<value>(\\.|,,|[^:,"\\])*)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex CephKey();

    [GeneratedRegex("""://[^/@:\s]*:(?<value>[^/@\s]*)@""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex UserInfo();
}
