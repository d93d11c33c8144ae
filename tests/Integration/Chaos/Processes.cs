using System.Globalization;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Integration.Chaos;

/// <summary>Looks for processes by what they are, not by what they are called.</summary>
internal static class Processes
{
    /// <summary>Every live QEMU of a domain: started with its UUID and not a zombie.</summary>
    public static IReadOnlyList<int> Qemus(Guid domain) => Find(arguments => arguments.Contains("-uuid") && arguments.Contains(domain.ToString()) && arguments.Contains("-S"));

    /// <summary>Whether it is an old program's twin, which Prepare starts beside the target, asks and kills.</summary>
    public static bool IsOldTwin(int process)
    {
        try
        {
            return ProcessCommandLine.Read(ProcRoot.Host, process).Any(argument => argument.Contains("/virt-handover/twin-", StringComparison.Ordinal));
        }
        catch (ProcException)
        {
            return true; // it has ended, as they do
        }
    }

    /// <summary>Every live keeper, without what one has just made and what is not another program yet (between fork and execve it has the keeper's arguments).</summary>
    public static IReadOnlyList<int> Keepers()
    {
        List<int> found = Find(arguments => arguments.Count > 1 && arguments[1] == "keeper");
        return [.. found.Where(one => !found.Contains(ParentOf(one)))];
    }

    /// <summary>Sends a signal to one of them; it must be there.</summary>
    public static void Signal(int process, Action<ProcessHandle> signal)
    {
        using ProcessHandle handle = ProcessHandle.Open(process);
        signal(handle);
    }

    /// <summary>SIGKILL, and its end seen.</summary>
    public static void Kill(int process) => Signal(process, handle =>
    {
        handle.Kill();
        Assert.True(handle.WaitForExit(TimeSpan.FromSeconds(20)), $"Process {process} does not end.");
    });

    private static int ParentOf(int process)
    {
        try
        {
            return ProcessStatus.Read(ProcRoot.Host, process).ParentId;
        }
        catch (ProcException)
        {
            return 0; // it has ended in this moment
        }
    }

    private static List<int> Find(Func<IReadOnlyList<string>, bool> fits)
    {
        var found = new List<int>();
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                continue;
            try
            {
                if (!fits(ProcessCommandLine.Read(ProcRoot.Host, id)))
                    continue;
                using ProcessHandle handle = ProcessHandle.Open(id);
                if (!handle.HasExited)
                    found.Add(id);
            }
            catch (Exception exception) when (exception is ProcException or LinuxException)
            {
                // It ended while we looked.
            }
        }

        return found;
    }
}
