using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>Devices and network backends that come and go.</summary>
internal static class DeviceCommands
{
    /// <summary><c>netdev_add</c>; descriptors are named (<c>fds</c>, <c>vhostfds</c>) after <see cref="FdCommands.GetFdAsync"/>.</summary>
    internal static Task NetdevAddAsync(this IQmpChannel qmp, JsonObject netdev, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("netdev_add", (JsonObject)netdev.DeepClone(), null, cancellationToken);

    /// <summary><c>netdev_del</c>.</summary>
    internal static Task NetdevDelAsync(this IQmpChannel qmp, string id, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("netdev_del", new JsonObject { ["id"] = id }, null, cancellationToken);

    /// <summary><c>device_add</c>; properties as typed JSON.</summary>
    internal static Task DeviceAddAsync(this IQmpChannel qmp, JsonObject device, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("device_add", (JsonObject)device.DeepClone(), null, cancellationToken);

    /// <summary><c>device_del</c>: asks for the unplug; DEVICE_DELETED says that it happened.</summary>
    internal static Task DeviceDelAsync(this IQmpChannel qmp, string id, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("device_del", new JsonObject { ["id"] = id }, null, cancellationToken);
}
