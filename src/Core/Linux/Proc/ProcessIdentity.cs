namespace VirtHandover.Linux.Proc;

/// <summary>One process and no later one that got the same pid.</summary>
/// <param name="ProcessId">The pid as the host sees it.</param>
/// <param name="StartTime">When it started, in clock ticks since boot.</param>
public readonly record struct ProcessIdentity(int ProcessId, ulong StartTime)
{
    /// <summary>Reads the identity of a running process.</summary>
    /// <param name="proc">Where procfs is.</param>
    /// <param name="processId">The pid.</param>
    /// <returns>The identity.</returns>
    /// <exception cref="ProcException">There is no such process.</exception>
    public static ProcessIdentity Read(ProcRoot proc, int processId) => new(processId, ProcessStartTime.Read(proc, processId));

    /// <summary>True while this very process exists, as a zombie too.</summary>
    /// <param name="proc">Where procfs is.</param>
    /// <returns>Whether it exists.</returns>
    public bool Exists(ProcRoot proc)
    {
        try
        {
            return ProcessStartTime.Read(proc, ProcessId) == StartTime;
        }
        catch (ProcException exception) when (exception.IsGone)
        {
            return false;
        }
    }
}
