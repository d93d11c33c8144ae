namespace VirtHandover.Qemu;

/// <summary>Where a descriptor of the target comes from.</summary>
internal abstract record FdOrigin
{
    private FdOrigin()
    {
    }

    /// <summary>A copy of the source's descriptor (pidfd_getfd). The number is the source's own as it is now.</summary>
    internal sealed record Source(int Number, FdRole Role, string Owner) : FdOrigin;

    /// <summary>The file that holds a memory backend's RAM: the source's own file (shared), or a new memfd of the backend's size (copy).</summary>
    internal sealed record Memory(string Backend) : FdOrigin;

    /// <summary>A listening UNIX socket of ours, which becomes the target's QMP monitor.</summary>
    internal sealed record Monitor : FdOrigin;
}

/// <summary>A descriptor the target must find open when it starts.</summary>
/// <param name="Number">Its number in the target.</param>
/// <param name="Origin">Where it comes from.</param>
internal sealed record FdMapping(int Number, FdOrigin Origin);
