namespace VirtHandover.Foreign;

/// <summary>
/// What the service's roles write to a terminal beside their log: lines in which nothing acts on it, whoever chose the words. A domain's name is any text,
/// and so is what a QEMU says.
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
    public static void Error(string sentence) => Console.Error.WriteLine(ForeignText.Escape(sentence));

    /// <summary>Lines of standard error, without what .NET writes to a terminal before its first one.</summary>
    /// <returns>To be disposed of at the end.</returns>
    public static StreamWriter Plain() => new(Errors()) { AutoFlush = true };

    /// <summary>Standard error as it is, for the log, which escapes what it writes.</summary>
    /// <returns>To be disposed of at the end.</returns>
    public static Stream Errors() => Console.OpenStandardError();
}
