using System.Text.Json.Nodes;
using VirtHandover.Linux;

namespace VirtHandover.Qemu;

/// <summary>
/// Network cards that a QEMU of ours gets at a moment that matters: when their taps are free. What it reads from a tap between a card's two commands it
/// throws away, and it looks at its taps once between two commands that it has read, and many times while it reads the second. So it reads them before,
/// and carries them out when it is let.
/// </summary>
internal sealed class CardPlug : IDisposable
{
    // Two commands each. Of further cards, frames that come in these moments are lost, and counted.
    private const int CardsAhead = CommandHold.Most / 2;

    // Behind the cards come one command more and the hold's own chardev-remove.
    private const int CommandsBehind = 2;

    private readonly QmpClient _qmp;
    private readonly CommandHold? _hold;
    private readonly Queue<(JsonObject Netdev, JsonObject Device)> _cards;
    private readonly Func<Task> _next;
    private readonly List<Task> _answers = [];
    private bool _isAllSent;

    private CardPlug(QmpClient qmp, CommandHold? hold, IReadOnlyList<(JsonObject Netdev, JsonObject Device)> cards, Func<Task> next)
    {
        _qmp = qmp;
        _hold = hold;
        _cards = new(cards);
        _next = next;
    }

    /// <summary>Sends as many of the commands as QEMU reads ahead; to one that does not wait, none.</summary>
    /// <param name="qmp">The connection.</param>
    /// <param name="directory">A private directory for the socket of its wait.</param>
    /// <param name="cards">Arguments of <c>netdev_add</c> and <c>device_add</c>; without any, nothing is sent ahead.</param>
    /// <param name="next">Sends a command that is to follow at once, or none.</param>
    /// <param name="cancellationToken">Stops waiting, and the commands' answers.</param>
    /// <exception cref="QmpException">QEMU refused something.</exception>
    /// <exception cref="QmpProtocolException">It neither waits nor refuses to.</exception>
    internal static async Task<CardPlug> ReadyAsync(
        QmpClient qmp, HeldDirectory directory, IReadOnlyList<(JsonObject Netdev, JsonObject Device)> cards, Func<Task> next, CancellationToken cancellationToken)
    {
        var hold = cards.Count > 0 ? await CommandHold.BeginAsync(qmp, directory, cancellationToken).ConfigureAwait(false) : null;
        var plug = new CardPlug(qmp, hold, cards, next);
        if (hold is { IsHeld: true })
            plug.SendAhead(cancellationToken);
        return plug;
    }

    /// <summary>Makes sure that QEMU has not taken the taps yet.</summary>
    /// <exception cref="QmpProtocolException">It may have.</exception>
    internal void RequireFree() => _hold?.RequireHeld();

    /// <summary>The taps are free: QEMU gets its cards.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="QmpException">QEMU refused one of them.</exception>
    internal async Task PlugAsync(CancellationToken cancellationToken)
    {
        _hold?.Release();
        SendCards(_cards.Count, cancellationToken);
        SendBehind(cancellationToken);
        await Task.WhenAll(_answers).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _hold?.Dispose();

    private void SendAhead(CancellationToken cancellationToken)
    {
        var isAll = (2 * _cards.Count) + CommandsBehind <= CommandHold.Most;
        SendCards(CardsAhead, cancellationToken);
        if (isAll)
            SendBehind(cancellationToken);
    }

    private void SendCards(int most, CancellationToken cancellationToken)
    {
        for (var sent = 0; sent < most && _cards.TryDequeue(out var card); sent++)
        {
            _answers.Add(_qmp.NetdevAddAsync(card.Netdev, cancellationToken));
            _answers.Add(_qmp.DeviceAddAsync(card.Device, cancellationToken));
        }
    }

    private void SendBehind(CancellationToken cancellationToken)
    {
        if (_isAllSent)
            return;
        _isAllSent = true;
        _answers.Add(_next());
        if (_hold is not null)
            _answers.Add(_hold.EndAsync(cancellationToken));
    }
}
