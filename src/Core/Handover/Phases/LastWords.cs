using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VirtHandover.Foreign;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>What libvirt's log of the VM has gained since the target was started: why a QEMU ended stands there and nowhere else.</summary>
/// <param name="Path">The log.</param>
/// <param name="From">Its length before, in bytes.</param>
internal sealed record LastWords(string Path, long From)
{
    private const int MostBytes = 16 << 10;
    private const int MostCharacters = 400;

    /// <summary>The log is written by virtlogd, which gets it through a pipe.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    /// <summary>Marks the log's end.</summary>
    internal static LastWords Mark(Begun begun)
    {
        // Not what the source's standard error leads to: that is what the source says, and could be any file of the host.
        var path = begun.Paths.LogFile(begun.Name);
        try
        {
            using var log = Open(path);
            return new LastWords(path, log is null ? 0 : RandomAccess.GetLength(log));
        }
        catch (LinuxException)
        {
            return new LastWords(path, long.MaxValue);
        }
    }

    /// <summary>The end of a sentence, after a semicolon: the log's last line, or where the log is.</summary>
    internal string Quote() => Last() is { } line ? $"libvirt's log of the VM ends with: '{line}'." : $"its last words are in libvirt's log of the VM, {Path}.";

    /// <summary>The same, once the log has them; for a target that has ended.</summary>
    internal async Task<string> QuoteAsync()
    {
        var since = Stopwatch.GetTimestamp();
        while (Last() is null && Stopwatch.GetElapsedTime(since) < Limit)
            await Task.Delay(Look).ConfigureAwait(false);
        return Quote();
    }

    /// <summary>
    /// The last line of a log that says something, without the time in front of it and without what a terminal would obey. That QEMU waits because we
    /// told it to is no reason of its end.
    /// </summary>
    internal static string? LastLine(string text) =>
        text.Split('\n').Select(line => Plain(line).Trim()).LastOrDefault(line => line.Length > 0 && !line.Contains(CommandHold.Id, StringComparison.Ordinal));

    private string? Last()
    {
        try
        {
            using var file = Open(Path);
            if (file is null || RandomAccess.GetLength(file) <= From)
                return null;
            using var log = new FileStream(file, FileAccess.Read, bufferSize: 0);
            log.Position = Math.Max(From, log.Length - MostBytes);
            var bytes = new byte[log.Length - log.Position];
            log.ReadExactly(bytes);
            return bytes[^1] == (byte)'\n' ? LastLine(Encoding.UTF8.GetString(bytes)) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or LinuxException)
        {
            return null;
        }
    }

    private static string Plain(string line)
    {
        // 2026-11-25T21:31:03.123456Z qemu-system-x86_64: …
        var text = line.Length > 28 && line[10] == 'T' && line.IndexOf("Z ", StringComparison.Ordinal) is var end and > 0 and < 30 ? line[(end + 2)..] : line;
        return ForeignText.Escape(text.Length <= MostCharacters ? text : text[..MostCharacters]);
    }

    private static SafeFileHandle? Open(string path)
    {
        using var directory = HeldDirectory.Open(System.IO.Path.GetDirectoryName(path)!);
        return directory.OpenRootsFile(System.IO.Path.GetFileName(path), write: false);
    }
}
