using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using VirtHandover.Linux;

namespace VirtHandover.Qemu;

/// <summary>
/// The monitor of a running source, while libvirt is down. Nothing else connects to one, and what <see cref="SourceCommands"/> does not list
/// does not get through. (While libvirt is up, <c>LibvirtQmpChannel</c> asks the same list.)
/// </summary>
internal sealed class SourceMonitor : IQmpChannel, IDisposable
{
    private readonly QmpClient _qmp;

    private SourceMonitor(QmpClient qmp) => _qmp = qmp;

    /// <inheritdoc/>
    public string Peer => _qmp.Peer;

    /// <summary>See <see cref="QmpClient.EndsAt"/>.</summary>
    internal long EndsAt
    {
        set => _qmp.EndsAt = value;
    }

    /// <summary>See <see cref="QmpClient.Events"/>.</summary>
    internal ChannelReader<QmpEvent> Events => _qmp.Events;

    /// <summary>Connects, and proves that the source is at the other end.</summary>
    /// <param name="path">The monitor's socket.</param>
    /// <param name="process">The source.</param>
    /// <param name="domain">The VM's name.</param>
    /// <param name="limit">How long connecting and each command may take.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="QmpProtocolException">Nobody listens, somebody else does, or no usable greeting came.</exception>
    internal static async Task<SourceMonitor> ConnectAsync(
        string path, ProcessHandle process, string domain, TimeSpan limit, CancellationToken cancellationToken = default) =>
        new(await QmpClient.ConnectAsync(path, process, $"the source of VM {domain}", limit, cancellationToken).ConfigureAwait(false));

    /// <summary>The same, to a socket that was looked up before.</summary>
    /// <param name="socket">The monitor's socket in the file system, opened with <c>O_PATH</c>.</param>
    /// <param name="where">Its path, for error sentences.</param>
    /// <param name="process">The source.</param>
    /// <param name="domain">The VM's name.</param>
    /// <param name="limit">How long connecting and each command may take.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="QmpProtocolException">Nobody listens, somebody else does, or no usable greeting came.</exception>
    internal static async Task<SourceMonitor> ConnectAsync(
        SafeHandle socket, string where, ProcessHandle process, string domain, TimeSpan limit, CancellationToken cancellationToken = default) =>
        new(await QmpClient.ConnectAsync(socket, where, process, $"the source of VM {domain}", limit, cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    /// <exception cref="SourceCommandException">A running VM is not to be sent that.</exception>
    public Task<JsonElement> ExecuteAsync(
        string command, JsonObject? arguments = null, IReadOnlyList<int>? fds = null, CancellationToken cancellationToken = default)
    {
        SourceCommands.Require(Peer, command, arguments);
        return _qmp.ExecuteAsync(command, arguments, fds, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _qmp.Dispose();
}
