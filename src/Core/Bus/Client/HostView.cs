namespace VirtHandover.Bus.Client;

/// <summary>Everything the service shows on D-Bus at one moment.</summary>
/// <param name="ServiceVersion">The service's version.</param>
/// <param name="Mode"><c>ask</c> or <c>auto</c>.</param>
/// <param name="Alarm">A sentence the administrator has to read, for example that the new QEMU is missing; empty when all is well.</param>
/// <param name="LastScan">When the service last looked at the domains; null before the first scan.</param>
/// <param name="Domains">Every running domain, by name.</param>
public sealed record HostView(
    string ServiceVersion,
    string Mode,
    string Alarm,
    DateTimeOffset? LastScan,
    IReadOnlyList<DomainView> Domains);
