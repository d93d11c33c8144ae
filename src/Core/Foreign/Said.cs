namespace VirtHandover.Foreign;

/// <summary>
/// All that the service's roles write to a terminal, or to the journal behind it: lines in which nothing acts on either, whoever chose the words. A domain's
/// name is any text, and so is what a QEMU says.
/// </summary>
#pragma warning disable RS0030 // The one place that writes.
public static class Said
{
    /// <summary>The command that shows what front and worker have said, to follow "See:".</summary>
    public const string Log = "journalctl -u virt-handoverd -u virt-handover-worker";

    /// <summary>Lines of standard output.</summary>
    /// <param name="lines">They.</param>
    public static void Lines(params IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        foreach (var line in lines)
            Console.Out.WriteLine(ForeignText.Escape(line));
    }

    /// <summary>A line of standard error.</summary>
    /// <param name="sentence">What it says.</param>
    /// <param name="priority">What the journal reads, as in syslog(3); a person at a terminal need not.</param>
    public static void Error(string sentence, int? priority = null) => Console.Error.WriteLine(
        (priority is { } number && Console.IsErrorRedirected ? FormattableString.Invariant($"<{number}>") : "") + ForeignText.Escape(sentence));

    /// <summary>Lines of standard error, without what .NET writes to a terminal before its first one.</summary>
    /// <returns>To be disposed of at the end.</returns>
    public static StreamWriter Plain() => new(Console.OpenStandardError()) { AutoFlush = true };
}
