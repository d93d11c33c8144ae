namespace VirtHandover.Bus;

/// <summary>The interfaces of D-Bus itself (D-Bus specification, "Standard Interfaces").</summary>
internal static class StandardInterfaces
{
    internal const string Introspectable = "org.freedesktop.DBus.Introspectable";
    internal const string ObjectManager = "org.freedesktop.DBus.ObjectManager";
    internal const string Peer = "org.freedesktop.DBus.Peer";
    internal const string Properties = "org.freedesktop.DBus.Properties";

    /// <summary>Whether every object has it.</summary>
    internal static bool Has(string name) => name is Introspectable or Peer or Properties;
}
