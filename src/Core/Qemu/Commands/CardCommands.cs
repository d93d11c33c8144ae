using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>
/// Network cards that a QEMU gets while it runs. What QEMU reads from a tap between a card's two commands it throws away, and between two commands it
/// looks at its taps, unless it has the second one already. It reads commands byte by byte, in a thread of its own; so the two go out behind a harmless
/// one that keeps the main thread busy for as long as reading them takes (some 1 ms; seen with QEMU 7.2, 10.0 and 11.1). That takes a connection on which
/// QEMU takes commands ahead (<see cref="QmpRequest.TakeAhead"/>); on others frames are lost as before.
/// </summary>
internal static class CardCommands
{
    /// <summary><c>qom-list-types</c> for the first time: QEMU sets up all of its classes then, which takes 6 to 17 ms.</summary>
    internal static Task ReadyForCardsAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("qom-list-types", null, null, cancellationToken);

    /// <summary><c>qom-list-types</c>, then <c>netdev_add</c> and <c>device_add</c> of each card, all before the first answer comes.</summary>
    /// <param name="qmp">The connection; <see cref="ReadyForCardsAsync"/> has been asked on it.</param>
    /// <param name="cards">Arguments of <c>netdev_add</c> and <c>device_add</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="QmpException">QEMU refused one of them.</exception>
    internal static Task AddCardsAsync(
        this IQmpChannel qmp, IEnumerable<(JsonObject Netdev, JsonObject Device)> cards, CancellationToken cancellationToken = default)
    {
        List<Task> answers = [qmp.ExecuteAsync("qom-list-types", null, null, cancellationToken)];
        foreach (var (netdev, device) in cards)
        {
            answers.Add(qmp.NetdevAddAsync(netdev, cancellationToken));
            answers.Add(qmp.DeviceAddAsync(device, cancellationToken));
        }

        return Task.WhenAll(answers);
    }
}
