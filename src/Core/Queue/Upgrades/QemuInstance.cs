using VirtHandover.Linux.Proc;

namespace VirtHandover.Queue;

/// <summary>One QEMU process and no other: what an administrator's decision was about.</summary>
/// <param name="ProcessId">Its pid as the host sees it.</param>
/// <param name="StartTime">Clock ticks from the host's boot to its start.</param>
/// <param name="Boot">The host's boot id: pids and ticks repeat after a reboot.</param>
public readonly record struct QemuInstance(int ProcessId, ulong StartTime, string Boot)
{
    private static readonly Lazy<string> s_boot = new(() =>
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    });

    /// <summary>Names the process behind a pid.</summary>
    /// <param name="processId">The pid.</param>
    /// <returns>The instance; with start time 0 when there is no such process, which equals no running one.</returns>
    public static QemuInstance Of(int processId)
    {
        try
        {
            return new QemuInstance(processId, ProcessStartTime.Read(ProcRoot.Host, processId), s_boot.Value);
        }
        catch (ProcException)
        {
            return new QemuInstance(processId, 0, s_boot.Value);
        }
    }
}
