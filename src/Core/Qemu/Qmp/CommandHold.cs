using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using VirtHandover.Linux;

namespace VirtHandover.Qemu;

/// <summary>
/// Keeps a QEMU of ours from carrying out commands that it has read already. Its main thread waits for a client of a socket (<c>chardev-add</c> with
/// <c>wait</c>), and its monitor's thread reads on meanwhile, byte by byte, which takes some 3 µs each: a millisecond for a card's two commands.
/// </summary>
internal sealed class CommandHold : IDisposable
{
    /// <summary>How many commands QEMU reads ahead while one is carried out (<c>QMP_REQ_QUEUE_LEN_MAX</c>, less one).</summary>
    internal const int Most = 7;

    /// <summary>The character device, and the socket's name, which QEMU writes into the VM's log.</summary>
    internal const string Id = "virt-handover-hold";

    private static readonly TimeSpan s_beginning = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_reading = TimeSpan.FromMilliseconds(20);

    private readonly QmpClient _qmp;
    private readonly UnseenSocket _socket;
    private Task _holding = Task.CompletedTask;
    private bool _isReleased;

    private CommandHold(QmpClient qmp, UnseenSocket socket)
    {
        _qmp = qmp;
        _socket = socket;
    }

    /// <summary>
    /// Whether QEMU was seen to wait, so that nothing which is sent now is carried out before <see cref="Release"/>. False for one that does not read
    /// ahead, or refused to wait.
    /// </summary>
    internal bool IsHeld { get; private set; }

    /// <summary>Begins it (<c>getfd</c>, <c>chardev-add</c>), and looks whether QEMU waits: it listens on the socket right before, and nothing fails in between.</summary>
    /// <param name="qmp">A connection on which QEMU reads ahead; on others nothing is held.</param>
    /// <param name="directory">A private directory for the socket.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="QmpException">QEMU took no descriptor.</exception>
    /// <exception cref="QmpProtocolException">It neither waits nor refuses to.</exception>
    internal static async Task<CommandHold> BeginAsync(QmpClient qmp, HeldDirectory directory, CancellationToken cancellationToken)
    {
        var hold = new CommandHold(qmp, UnseenSocket.Make(directory, Id));
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

    /// <summary>Makes sure that QEMU has waited until now.</summary>
    /// <exception cref="QmpProtocolException">It has gone on by itself, and may have done what it was to do later.</exception>
    internal void RequireHeld()
    {
        if (IsHeld && _holding.IsCompleted)
            throw new QmpProtocolException(QmpFault.Malformed, $"QEMU ({_qmp.Peer}) did not wait as it had been told.");
    }

    /// <summary>Lets QEMU go on as soon as it has read all that was sent to it.</summary>
    /// <exception cref="QmpProtocolException">It cannot be reached.</exception>
    internal void Release()
    {
        if (!IsHeld || _isReleased)
            return;
        _isReleased = true;
        var started = Stopwatch.GetTimestamp();
        while (_qmp.HasUnread && Stopwatch.GetElapsedTime(started) < s_reading)
            Thread.Yield();
        try
        {
            _socket.Touch(s_reading);
        }
        catch (SocketException exception)
        {
            throw new QmpProtocolException(QmpFault.Unreachable, $"QEMU ({_qmp.Peer}) waits and could not be told to go on: {exception.Message.TrimEnd('.')}.", exception);
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
    public void Dispose() => _socket.Dispose();

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        await _qmp.GetFdAsync(Id, (int)_socket.Socket.DangerousGetHandle(), cancellationToken).ConfigureAwait(false);
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
        while (!_socket.IsListening && !_holding.IsCompleted)
        {
            if (Stopwatch.GetElapsedTime(started) > s_beginning)
                throw new QmpProtocolException(QmpFault.Deadline, $"QEMU ({_qmp.Peer}) neither waits as it was told nor says why not.");
            await Task.Delay(s_look, cancellationToken).ConfigureAwait(false);
        }

        IsHeld = !_holding.IsCompleted;
        if (!IsHeld)
            await ForgetSocketAsync(cancellationToken).ConfigureAwait(false);
    }

    // It was refused: before it took the descriptor, or afterwards.
    private async Task ForgetSocketAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _holding.ConfigureAwait(false);
        }
        catch (QmpException)
        {
            try
            {
                await _qmp.CloseFdAsync(Id, cancellationToken).ConfigureAwait(false);
            }
            catch (QmpException)
            {
                // Afterwards.
            }

            return;
        }

        throw new QmpProtocolException(QmpFault.Malformed, $"QEMU ({_qmp.Peer}) did not wait as it had been told.");
    }
}
