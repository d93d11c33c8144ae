using Microsoft.Win32.SafeHandles;

namespace VirtHandover.Libvirt.Interop;

/// <summary>A <c>virConnectPtr</c>.</summary>
internal sealed class ConnectionHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConnectionHandle()
        : base(ownsHandle: true)
    {
    }

    /// <summary>Completes when libvirt has let go of the connection.</summary>
    public Task Closed => _closed.Task;

    protected override bool ReleaseHandle()
    {
        // virConnectClose talks to the daemon and waits for its answer. A daemon that hangs must block neither
        // the caller nor the finalizer thread.
        nint connection = handle;
        new Thread(() =>
        {
            _ = LibVirt.virConnectClose(connection);
            _closed.TrySetResult();
        })
        { IsBackground = true, Name = "libvirt close" }.Start();
        return true;
    }
}
