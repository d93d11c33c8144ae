namespace VirtHandover.Bus;

/// <summary>The names of D-Bus errors that the bus itself sends, and those that every service does.</summary>
internal static class BusErrorNames
{
    internal const string AccessDenied = "org.freedesktop.DBus.Error.AccessDenied";
    internal const string Disconnected = "org.freedesktop.DBus.Error.Disconnected";
    internal const string Failed = "org.freedesktop.DBus.Error.Failed";
    internal const string InteractiveAuthorizationRequired = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired";
    internal const string InvalidArgs = "org.freedesktop.DBus.Error.InvalidArgs";
    internal const string LimitsExceeded = "org.freedesktop.DBus.Error.LimitsExceeded";
    internal const string NameHasNoOwner = "org.freedesktop.DBus.Error.NameHasNoOwner";
    internal const string NoReply = "org.freedesktop.DBus.Error.NoReply";
    internal const string NoServer = "org.freedesktop.DBus.Error.NoServer";
    internal const string PropertyReadOnly = "org.freedesktop.DBus.Error.PropertyReadOnly";
    internal const string ServiceUnknown = "org.freedesktop.DBus.Error.ServiceUnknown";
    internal const string Timeout = "org.freedesktop.DBus.Error.Timeout";
    internal const string UnknownInterface = "org.freedesktop.DBus.Error.UnknownInterface";
    internal const string UnknownMethod = "org.freedesktop.DBus.Error.UnknownMethod";
    internal const string UnknownObject = "org.freedesktop.DBus.Error.UnknownObject";
    internal const string UnknownProperty = "org.freedesktop.DBus.Error.UnknownProperty";

    /// <summary>Every way in which starting a service on demand fails begins so.</summary>
    internal const string SpawnPrefix = "org.freedesktop.DBus.Error.Spawn.";
}
