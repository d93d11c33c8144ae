using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Chaos;

/// <summary>Does harm to a handover that stands at a point.</summary>
internal static class ChaosDeeds
{
    private const string DaemonProgram = "/usr/sbin/libvirtd";

    /// <summary>Does it.</summary>
    /// <param name="fault">What.</param>
    /// <param name="domain">The VM whose QEMUs may be meant.</param>
    /// <param name="source">Its old QEMU.</param>
    /// <param name="mend">Takes it back.</param>
    /// <param name="name">The VM's name, for whoever calls libvirt without pause.</param>
    public static async Task Do(Fault fault, Guid domain, int source, Mend mend, string name)
    {
        int Target() => Processes.Qemus(domain).Single(id => id != source && !Processes.IsOldTwin(id));
        switch (fault)
        {
            case Fault.KillService:
                await TheService.Stop("KILL");
                break;
            case Fault.KillKeeper:
                Processes.Kill(Assert.Single(Processes.Keepers()));
                break;
            case Fault.KillBoth or Fault.KillBothStartDaemon:
                int keeper = Assert.Single(Processes.Keepers());
                await TheService.Stop("KILL");
                Processes.Kill(keeper);
                if (fault == Fault.KillBothStartDaemon)
                    await StartDaemonByHand();
                break;
            case Fault.KillTarget:
                Processes.Kill(Target());
                break;
            case Fault.StopTarget:
                Processes.Signal(Target(), handle => handle.Freeze());
                break;
            case Fault.KillSource:
                if (Processes.Qemus(domain).Contains(source) && Processes.Qemus(domain).Count > 1)
                    Processes.Kill(source);
                break;
            case Fault.DaemonStartFails:
                await Shell.Run("mount", "--bind", "/bin/false", DaemonProgram);
                mend.Add(() => Shell.Run("umount", DaemonProgram));
                break;
            case Fault.FillDisk:
                await Shell.TryRun("dd", "if=/dev/zero", $"of={TheService.State}/filler", "bs=4k");
                mend.Add(() => Shell.Run("rm", "-f", TheService.State + "/filler"));
                break;
            case Fault.StartDaemon:
                await StartDaemonByHand();
                break;
            default:
                mend.Hammer(name);
                break;
        }
    }

    // Without the gate, as without systemd. It may fail, or end at once, for want of the lock: that is what the lock is for.
    public static Task<ShellResult> StartDaemonByHand() => Shell.TryRun("libvirtd", "--daemon", "--pid-file", "/run/libvirtd.pid");
}
