namespace VirtHandover.Libvirt.Interop;

/// <summary>Keeps a connection open, past its disposal too, until this is disposed of.</summary>
internal sealed class ConnectionUse : IDisposable
{
    private readonly ConnectionHandle _handle;

    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    public ConnectionUse(ConnectionHandle handle)
    {
        _handle = handle;
        bool kept = false;
        _handle.DangerousAddRef(ref kept);
    }

    public void Dispose() => _handle.DangerousRelease();
}
