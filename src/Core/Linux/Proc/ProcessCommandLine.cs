namespace VirtHandover.Linux.Proc;

/// <summary><c>/proc/PID/cmdline</c> and <c>/proc/PID/environ</c>: strings, each ended by a NUL.</summary>
public static class ProcessCommandLine
{
    /// <summary>The arguments, the program's name first.</summary>
    /// <param name="proc">Where procfs is.</param>
    /// <param name="processId">The process.</param>
    /// <returns>The arguments; empty for a kernel thread or a zombie.</returns>
    /// <exception cref="ProcException">The process has ended, may not be read, or an argument is not UTF-8.</exception>
    public static IReadOnlyList<string> Read(ProcRoot proc, int processId)
    {
        string path = proc.File(processId, "cmdline");
        return Parse(path, ProcFile.ReadBytes(path));
    }

    /// <summary>The environment the process was started with, as <c>NAME=value</c>.</summary>
    /// <param name="proc">Where procfs is.</param>
    /// <param name="processId">The process.</param>
    /// <returns>The entries, in order.</returns>
    /// <exception cref="ProcException">The process has ended, may not be read, or an entry is not UTF-8.</exception>
    public static IReadOnlyList<string> ReadEnvironment(ProcRoot proc, int processId)
    {
        string path = proc.File(processId, "environ");
        return Parse(path, ProcFile.ReadBytes(path));
    }

    /// <summary>Splits the file's content; empty arguments are kept.</summary>
    /// <param name="path">Named in the exception.</param>
    /// <param name="content">The bytes.</param>
    /// <returns>The strings.</returns>
    /// <exception cref="ProcException">A string is not UTF-8.</exception>
    public static IReadOnlyList<string> Parse(string path, ReadOnlySpan<byte> content)
    {
        var list = new List<string>();
        while (!content.IsEmpty)
        {
            int end = content.IndexOf((byte)0);
            // A process that overwrote its title may have dropped the last NUL.
            list.Add(ProcFile.Decode(path, end < 0 ? content : content[..end]));
            content = end < 0 ? default : content[(end + 1)..];
        }

        return list;
    }
}
