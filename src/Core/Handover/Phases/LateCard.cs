using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using VirtHandover.Linux;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// A network card that the target gets only while the guest is paused, because opening a tap a second time resets its header
/// size and offloads under the source's hands.
/// </summary>
/// <param name="Netdev">
/// Arguments of <c>netdev_add</c>. Its <c>fd</c> is a number that the target inherited: <c>getfd</c> would make the queue block, and
/// with it, since the open file is the same, the source's main loop.
/// </param>
/// <param name="Device">Arguments of <c>device_add</c>.</param>
/// <param name="Descriptor">A copy of the source's descriptor.</param>
/// <param name="SourceNumber">Its number in the source.</param>
/// <param name="Tap">The tap as the source has it.</param>
/// <param name="TargetNumber">The number under which the target inherits it.</param>
internal sealed record LateCard(
    JsonObject Netdev, JsonObject Device, SafeHandle Descriptor, int SourceNumber, TapDevice Tap, int TargetNumber);
