namespace VirtHandover.Queue;

/// <summary>One QEMU process and no other: what an administrator's decision was about.</summary>
/// <param name="ProcessId">Its pid as the host sees it.</param>
/// <param name="StartTime">Clock ticks from the host's boot to its start.</param>
/// <param name="Boot">The host's boot id: pids and ticks repeat after a reboot.</param>
public readonly record struct QemuInstance(int ProcessId, ulong StartTime, string Boot);
