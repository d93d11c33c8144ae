namespace VirtHandover.Handover;

/// <summary>After the commit: the guest runs in the target, but libvirt could not be given it. There is no way back, and none is needed.</summary>
internal sealed class StrandedException : Exception
{
    internal StrandedException(int target, string message, string advice)
        : base(message)
    {
        Target = target;
        Advice = advice;
    }

    /// <summary>The process that runs the guest.</summary>
    internal int Target { get; }

    /// <summary>What the administrator should do.</summary>
    internal string Advice { get; }
}
