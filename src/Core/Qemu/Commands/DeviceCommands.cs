using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>Devices and network backends that come and go.</summary>
internal static class DeviceCommands
{
    /// <summary><c>netdev_add</c>; descriptors are named (<c>fds</c>, <c>vhostfds</c>) after <see cref="FdCommands.GetFdAsync"/>.</summary>
    internal static Task NetdevAddAsync(this IQmpChannel qmp, JsonObject netdev, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("netdev_add", (JsonObject)netdev.DeepClone(), null, cancellationToken);

    /// <summary><c>device_add</c>; properties as typed JSON.</summary>
    internal static Task DeviceAddAsync(this IQmpChannel qmp, JsonObject device, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("device_add", (JsonObject)device.DeepClone(), null, cancellationToken);
}
