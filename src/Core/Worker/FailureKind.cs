namespace VirtHandover.Worker;

/// <summary>What failed in the worker; the front tells its queue by the same exception.</summary>
internal enum FailureKind
{
    /// <summary>Something of the worker itself.</summary>
    Worker,

    /// <summary>libvirt: <see cref="Libvirt.LibvirtException"/>, with its code.</summary>
    Libvirt,

    /// <summary>The kernel or the disk: <see cref="Linux.LinuxException"/>, with its error number.</summary>
    Linux,

    /// <summary>It is not possible: <see cref="Queue.QueueException"/>, with its fault.</summary>
    Queue,

    /// <summary>It was stopped.</summary>
    Stopped,
}
