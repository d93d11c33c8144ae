using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>
/// Keeps a QEMU of ours from carrying out commands that it has read already. Its main thread waits for a client of a socket (<c>chardev-add</c> with
/// <c>wait</c>), and its monitor's thread reads on meanwhile, byte by byte, which takes some 3 µs each: a millisecond for a card's two commands.
/// </summary>
internal sealed class CommandHold : IDisposable
{
    /// <summary>How many commands QEMU reads ahead while one is carried out (<c>QMP_REQ_QUEUE_LEN_MAX</c>, less one).</summary>
    internal const int Most = 7;

    private const string Id = "virt-handover-hold";

    private static readonly TimeSpan s_beginning = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_reading = TimeSpan.FromMilliseconds(20);

    private readonly QmpClient _qmp;
    private readonly Socket _listener;
    private readonly UnixDomainSocketEndPoint _place;
    private Task _holding = Task.CompletedTask;
    private bool _isReleased;

    private CommandHold(QmpClient qmp)
    {
        _qmp = qmp;
        // Nobody but we needs to find it; whoever does only ends the hold.
        _place = new UnixDomainSocketEndPoint($"\0{Id}-{Guid.NewGuid():N}");
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(_place);
        _listener.Listen(1);
    }

    /// <summary>
    /// Whether QEMU was seen to wait, so that nothing which is sent now is carried out before <see cref="Release"/>. False for one that does not read
    /// ahead, or refused to wait.
    /// </summary>
    internal bool IsHeld { get; private set; }

    /// <summary>Begins it (<c>getfd</c>, <c>chardev-add</c>), and looks whether QEMU waits (<c>query-yank</c>, which its monitor's thread answers itself).</summary>
    /// <param name="qmp">A connection on which QEMU reads ahead; on others nothing is held.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="QmpException">QEMU took no descriptor.</exception>
    internal static async Task<CommandHold> BeginAsync(QmpClient qmp, CancellationToken cancellationToken)
    {
        var hold = new CommandHold(qmp);
        try
        {
            if (qmp.TakesAhead)
                await hold.BeginAsync(cancellationToken).ConfigureAwait(false);
            return hold;
        }
        catch
        {
            hold.Dispose();
            throw;
        }
    }

    /// <summary>Lets QEMU go on as soon as it has read all that was sent to it.</summary>
    internal void Release()
    {
        if (!IsHeld || _isReleased)
            return;
        _isReleased = true;
        var started = Stopwatch.GetTimestamp();
        while (_qmp.HasUnread && Stopwatch.GetElapsedTime(started) < s_reading)
            Thread.Yield();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            client.Connect(_place);
        }
        catch (SocketException)
        {
            // Somebody else was here first: it holds nothing any more.
        }
    }

    /// <summary>Has QEMU remove what it made (<c>chardev-remove</c>); one that did not hold has nothing to remove.</summary>
    internal async Task EndAsync(CancellationToken cancellationToken)
    {
        if (!IsHeld)
            return;
        var removing = _qmp.ExecuteAsync("chardev-remove", new JsonObject { ["id"] = Id }, null, cancellationToken);
        await _holding.ConfigureAwait(false);
        await removing.ConfigureAwait(false);
    }

    /// <summary>Lets go of the socket. A QEMU that still waits is one of ours, and is ended by whoever has failed to go on.</summary>
    public void Dispose() => _listener.Dispose();

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        await _qmp.GetFdAsync(Id, (int)_listener.Handle, cancellationToken).ConfigureAwait(false);
        _holding = _qmp.ExecuteAsync(
            "chardev-add",
            new JsonObject
            {
                ["id"] = Id,
                ["backend"] = new JsonObject
                {
                    ["type"] = "socket",
                    ["data"] = new JsonObject
                    {
                        ["addr"] = new JsonObject { ["type"] = "fd", ["data"] = new JsonObject { ["str"] = Id } },
                        ["server"] = true,
                        ["wait"] = true,
                    },
                },
            },
            null,
            cancellationToken);
        var started = Stopwatch.GetTimestamp();
        // Twice, because the name is there an instant before QEMU waits, and goes again if it cannot.
        for (var seen = 0; seen < 2 && !_holding.IsCompleted;)
        {
            if (Stopwatch.GetElapsedTime(started) > s_beginning)
                throw new QmpProtocolException(QmpFault.Deadline, $"QEMU ({_qmp.Peer}) neither waits for a client nor says why not.");
            var names = await _qmp.AskOutOfBandAsync("query-yank", cancellationToken).ConfigureAwait(false);
            seen = names.Each(each => each.Find("id")?.Text()).Contains(Id) ? seen + 1 : 0;
        }

        IsHeld = !_holding.IsCompleted;
    }
}
