namespace VirtHandover.Detection;

/// <summary>Finds the running domains and says which of them are outdated.</summary>
public interface IDetector
{
    /// <summary>How many domains were looked at since the start: that it grows shows that a scan goes on.</summary>
    long Looks => 0;

    /// <summary>Looks at every running domain.</summary>
    /// <param name="cancellationToken">Stops the scan.</param>
    /// <returns>Every running domain, current ones included. A domain that ended during the scan is left out.</returns>
    /// <exception cref="Libvirt.LibvirtException">libvirt cannot be reached.</exception>
    Task<IReadOnlyList<DetectedDomain>> ScanAsync(CancellationToken cancellationToken);
}
