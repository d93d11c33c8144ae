namespace VirtHandover.Bus.Contract;

/// <summary>The names on the bus. The 1 is the version of the interface: what breaks clients gets a 2 beside it.</summary>
internal static class HandoverNames
{
    internal const string BusName = "org.virthandover.Handover1";
    internal const string Manager = BusName + ".Manager";
    internal const string Domain = BusName + ".Domain";
    internal const string Properties = "org.freedesktop.DBus.Properties";
    internal const string ObjectManager = "org.freedesktop.DBus.ObjectManager";

    /// <summary>The manager's object, and the root of the tree.</summary>
    internal const string ManagerPath = "/org/virthandover/Handover1";

    private const string DomainPrefix = ManagerPath + "/domain/";

    /// <summary>A domain's object: its UUID in lower case with <c>_</c> for <c>-</c>, which paths do not allow.</summary>
    internal static string PathOf(Guid domain) => DomainPrefix + domain.ToString("D").Replace('-', '_');

    /// <summary>The domain that a path stands for.</summary>
    /// <returns>False when it stands for none.</returns>
    internal static bool TryParsePath(string path, out Guid domain)
    {
        domain = default;
        return path.StartsWith(DomainPrefix, StringComparison.Ordinal)
            && Guid.TryParseExact(path[DomainPrefix.Length..].Replace('_', '-'), "D", out domain)
            && PathOf(domain) == path;
    }
}
