using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using VirtHandover.Libvirt;
using VirtHandover.Qemu;

namespace VirtHandover.Handover;

/// <summary>A domain's monitor through libvirt, while the daemon runs and holds it. What <see cref="SourceCommands"/> does not list is not sent.</summary>
/// <param name="connection">An open connection.</param>
/// <param name="domain">The domain.</param>
/// <param name="name">Its name, for error sentences.</param>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for has nothing to dispose.")]
internal sealed class LibvirtQmpChannel(LibvirtConnection connection, Guid domain, string name) : IQmpChannel
{
    /// <summary>How many commands are under way at once; one place of the connection is left for whoever else uses it.</summary>
    private const int AtOnce = LibvirtConnection.CallsAtOnce - 1;

    private readonly SemaphoreSlim _room = new(AtOnce);
    private LibvirtException? _lost;

    public string Peer => $"the source of VM {name}";

    public async Task<JsonElement> ExecuteAsync(
        string command, JsonObject? arguments = null, IReadOnlyList<int>? fds = null, CancellationToken cancellationToken = default)
    {
        SourceCommands.Require(Peer, command, arguments);
        var request = new JsonObject { ["execute"] = command };
        if (arguments is not null)
            request["arguments"] = arguments.DeepClone();
        string text;
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Those that waited behind a call without an answer would each wait as long for theirs.
            if (_lost is { } lost)
                throw new LibvirtException(lost.Code, lost.Message);
            text = fds is { Count: > 0 }
                ? await connection.MonitorCommandAsync(domain, request.ToJsonString(), fds, cancellationToken).ConfigureAwait(false)
                : await connection.MonitorCommandAsync(domain, request.ToJsonString(), cancellationToken).ConfigureAwait(false);
        }
        catch (LibvirtException exception) when (exception.Code == LibvirtException.NoAnswer)
        {
            _lost = exception;
            throw;
        }
        finally
        {
            _room.Release();
        }

        return QmpMessageReader.ReadPassedOn(text, Peer, command);
    }
}
