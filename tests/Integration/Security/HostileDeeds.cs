using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>What a QEMU process can do to what others see of it, besides what it says: to its command line, its environment and its directory.</summary>
internal static class HostileDeeds
{
    private static readonly Dictionary<string, Action<int, SmallGuest>> OfMemory = new(StringComparer.Ordinal)
    {
        ["its sandbox is off"] = (process, _) => HostileProcess.RewriteArguments(process, "-sandbox\0on,", "-sandbox\0no,"),
        ["its UUID is another's"] = (process, victim) => HostileProcess.EditArguments(process, text => Over(text, "-uuid\0", victim.Uuid.ToString())),
        ["its name is another's"] = (process, victim) => HostileProcess.EditArguments(process, text => Over(text, "guest=", victim.Name)),
        ["its monitor is another's"] = (process, victim) => HostileProcess.AddArguments(process, "-qmp", "unix:" + victim.Status.MonitorPath),
        ["it asks for root"] = (process, _) => HostileProcess.AddArguments(process, "-runas", "root"),
        ["it names root's files"] = (process, _) => HostileProcess.AddArguments(process, "-chardev", "file,id=x,path=/etc/hostile-secret"),
        ["its words are noise"] = (process, _) => HostileProcess.EditArguments(
            process, text => new string([.. text.Select((letter, at) => at % 7 == 3 ? '\u00ff' : letter)])),
        ["it has no words"] = (process, _) => HostileProcess.EditArguments(process, text => new string('\0', text.Length)),
        ["it has one word"] = (process, _) => HostileProcess.EditArguments(process, text => new string('-', text.Length)),
        ["its environment loads a library"] = (process, _) => HostileProcess.RewriteEnvironment(process, "LD_PRELOAD=" + HostileGuest.Library),
        ["its environment audits"] = (process, _) => HostileProcess.RewriteEnvironment(process, "LD_AUDIT=" + HostileGuest.Library),
        ["its environment is a shell's"] = (process, _) => HostileProcess.RewriteEnvironment(process, "BASH_ENV=" + HostileGuest.Script),
        ["its environment names programs"] = (process, _) => HostileProcess.RewriteEnvironment(process, "PATH=" + Path.GetDirectoryName(HostileGuest.Script)),
    };

    // Of QEMU's user. $1: its directory, $2: its monitor, $3: another VM's monitor.
    private static readonly Dictionary<string, string> OfDirectory = new(StringComparer.Ordinal)
    {
        ["its monitor is a link to another's"] = "mv \"$2\" \"$2.mine\" && ln -s \"$3\" \"$2\"",
        ["its monitor is a link to a file"] = "mv \"$2\" \"$2.mine\" && ln -s /etc/hostile-secret \"$2\"",
        ["its monitor is gone"] = "rm -f \"$2\"",
        ["its monitor is a pipe"] = "rm -f \"$2\"; mkfifo \"$2\"",
        ["its monitor is a directory"] = "rm -f \"$2\"; mkdir -p \"$2/deep/er\"",
        ["its directory is renamed"] = "mv \"$1\" \"$1.mine\"",
        ["its directory is a link to root's"] = "mv \"$1\" \"$1.mine\" && ln -s /srv/hostile-decoy \"$1\"",
        ["its directory is a link to another's"] = "mv \"$1\" \"$1.mine\" && ln -s \"${3%/*}\" \"$1\"",
        ["its directory is empty"] = "rm -rf \"$1\"/*",
        ["its directory is another"] = "mv \"$1\" \"$1.mine\" && mkdir \"$1\" && ln -s /etc/hostile-secret \"$1/monitor.sock\"",
        ["its directory is locked"] = "chmod 000 \"$1\"",
        ["its directory is everybody's"] = "chmod 7777 \"$1\"",
        ["links lie in wait"] = "for n in $(seq 60); do for x in monitor.sock.$n monitor.sock.$n.old .virt-handover.$n; do "
            + "ln -s /etc/hostile-secret \"$1/$x\"; done; done; ln -s /srv/hostile-decoy \"$1/monitor.sock.new\"",
        ["strangers listen"] = "rm -f \"$2\"; python3 -c 'import socket, sys, time\nlistening = []\nfor name in sys.argv[1:]:\n"
            + "    one = socket.socket(socket.AF_UNIX)\n    one.bind(name)\n    one.listen(9)\n    listening.append(one)\ntime.sleep(20)' "
            + "\"$2\" \"$1/monitor.sock.new\" \"$1/monitor.sock.1\" > /dev/null 2>&1 & until [ -S \"$2\" ]; do :; done",
        ["it holds many names"] = "cd \"$1\" && seq -f 'n%g' 5000 | xargs touch",
        ["it holds strange names"] = "cd \"$1\" && touch -- \"$(printf 'a\\nb')\" \"$(printf '\\033[2J')\" "
            + "\"$(printf '\\377\\376')\" -rf \"$(printf 'x%.0s' $(seq 255))\"",
    };

    public static IReadOnlyList<string> Names { get; } = [.. OfMemory.Keys, .. OfDirectory.Keys];

    public static bool MovesDirectory(string deed) => OfDirectory.GetValueOrDefault(deed)?.Contains("mv \"$1\"", StringComparison.Ordinal) ?? false;

    /// <summary>Does it, as whoever runs inside that QEMU could. Nothing, when there is none any more.</summary>
    public static async Task Do(string deed, int process, string monitor, SmallGuest victim)
    {
        if (OfMemory.TryGetValue(deed, out Action<int, SmallGuest>? write))
        {
            try
            {
                write(process, victim);
            }
            catch (Exception) when (!IsThere(process))
            {
                // It has ended meanwhile.
            }

            return;
        }

        if (!IsThere(process))
            return;
        ProcessStatus status = ProcessStatus.Read(ProcRoot.Host, process);
        _ = await Shell.TryRun(
            "setpriv", $"--reuid={status.UserIds[0]}", $"--regid={status.GroupIds[0]}", "--clear-groups", "sh", "-c", OfDirectory[deed], "sh",
            Path.GetDirectoryName(monitor)!, monitor, victim.Status.MonitorPath);
    }

    /// <summary>Puts the directory back where it was, so that libvirt clears up that, and not what a link leads to.</summary>
    public static void Undo(string directory)
    {
        if (new FileInfo(directory).LinkTarget is not null)
            File.Delete(directory);
        if (!Directory.Exists(directory + ".mine"))
            return;
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
        Directory.Move(directory + ".mine", directory);
    }

    private static bool IsThere(int process)
    {
        try
        {
            using var handle = ProcessHandle.Open(process);
            return !handle.HasExited;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    // As long as what stood there.
    private static string Over(string text, string before, string word)
    {
        int at = text.IndexOf(before, StringComparison.Ordinal);
        int from = at + before.Length, end = from + word.Length;
        return at < 0 || end > text.Length ? text : text[..from] + word + text[end..];
    }
}
