namespace VirtHandover.Contract;

/// <summary>How the guest's memory reaches the target.</summary>
public enum RamMethod
{
    /// <summary>Both processes map the same file; no byte is copied.</summary>
    Shared,

    /// <summary>A local pre-copy into shared memory, so that the next handover is <see cref="Shared"/>.</summary>
    Copy,
}
