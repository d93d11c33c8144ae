using System.Text.Json;
using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>
/// A way to a QEMU monitor: its own socket (<see cref="QmpClient"/>), or libvirt's <c>qemu-monitor-command</c> while the daemon
/// holds the monitor. The typed commands in <c>Qemu/Commands</c> work over both.
/// </summary>
public interface IQmpChannel
{
    /// <summary>The QEMU at the other end, for error sentences, for example <c>the source of VM web-01</c>.</summary>
    string Peer { get; }

    /// <summary>Runs one QMP command and waits for its reply.</summary>
    /// <param name="command">The command's name as QMP spells it.</param>
    /// <param name="arguments">Its arguments, or null when it takes none.</param>
    /// <param name="fds">File descriptors that travel with the command (<c>getfd</c>, <c>add-fd</c>), at most 16; the caller keeps and closes his own.</param>
    /// <param name="cancellationToken">Stops waiting; QEMU may still run the command.</param>
    /// <returns>The value of <c>return</c>.</returns>
    /// <exception cref="QmpException">QEMU refused the command.</exception>
    /// <exception cref="QmpProtocolException">No usable reply came: closed, cut, garbage, too large, or past the deadline.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    Task<JsonElement> ExecuteAsync(
        string command,
        JsonObject? arguments = null,
        IReadOnlyList<int>? fds = null,
        CancellationToken cancellationToken = default);
}
