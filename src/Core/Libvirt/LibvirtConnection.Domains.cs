using System.Runtime.InteropServices;
using VirtHandover.Libvirt.Interop;

namespace VirtHandover.Libvirt;

public sealed partial class LibvirtConnection
{
    /// <summary>libvirt waits for 30 s when another question of the domain has no answer yet; this one must not hold up all others so long.</summary>
    private static readonly TimeSpan s_jobLimit = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunningDomain>> ListRunningAsync(CancellationToken cancellationToken = default) =>
        CallAsync("list the running domains", ListRunning, cancellationToken);

    /// <summary>Looks a domain up by name; running or not (<c>virDomainLookupByName</c>).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The domain; null when there is none of that name. <see cref="RunningDomain.Id"/> is -1 when it does not run.</returns>
    /// <exception cref="LibvirtException">libvirt cannot be reached.</exception>
    public Task<RunningDomain?> FindAsync(string name, CancellationToken cancellationToken = default) =>
        CallAsync($"look up domain {name}", () => Find(LibVirt.virDomainLookupByName(_handle, name), $"look up domain {name}"), cancellationToken);

    /// <summary>Looks a domain up by UUID; running or not (<c>virDomainLookupByUUIDString</c>).</summary>
    /// <param name="domain">Its UUID.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The domain; null when there is none. <see cref="RunningDomain.Id"/> is -1 when it does not run.</returns>
    /// <exception cref="LibvirtException">libvirt cannot be reached.</exception>
    public Task<RunningDomain?> FindAsync(Guid domain, CancellationToken cancellationToken = default) =>
        CallAsync(
            $"look up domain {domain}",
            () => Find(LibVirt.virDomainLookupByUUIDString(_handle, domain.ToString()), $"look up domain {domain}"),
            cancellationToken);

    /// <summary>The live XML (<c>virDomainGetXMLDesc</c>), security information included, such as the VNC password.</summary>
    /// <param name="domain">Its UUID.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The XML text.</returns>
    /// <exception cref="LibvirtException">No such domain, or libvirt cannot be reached.</exception>
    public Task<string> GetXmlAsync(Guid domain, CancellationToken cancellationToken = default) =>
        OnDomainAsync($"read the XML of domain {domain}", domain, GetXml, cancellationToken);

    /// <summary>State and reason (<c>virDomainGetState</c>).</summary>
    /// <param name="domain">Its UUID.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The state, and libvirt's reason number for it.</returns>
    /// <exception cref="LibvirtException">No such domain, or libvirt cannot be reached.</exception>
    public Task<(DomainState State, int Reason)> StateAsync(Guid domain, CancellationToken cancellationToken = default) =>
        OnDomainAsync($"read the state of domain {domain}", domain, GetState, cancellationToken);

    /// <summary>True while libvirt runs a job on the domain: migration, save, dump, backup (<c>virDomainGetJobInfo</c>).</summary>
    /// <remarks>Block jobs are not counted; they stand in the status file and in QMP's <c>query-block-jobs</c>.</remarks>
    /// <param name="domain">Its UUID.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether a job is active.</returns>
    /// <exception cref="LibvirtException">No such running domain, or libvirt cannot be reached.</exception>
    public Task<bool> JobActiveAsync(Guid domain, CancellationToken cancellationToken = default)
    {
        var purpose = $"ask for jobs of domain {domain}";
        return CallAsync(purpose, () => OnDomain(purpose, domain, JobActive), s_jobLimit, cancellationToken);
    }

    /// <summary>How fast a migration may be (<c>virDomainMigrateGetMaxSpeed</c>). libvirt keeps it in its daemon's memory and asks nobody.</summary>
    /// <param name="domain">Its UUID.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>MiB a second; null when nobody has limited it.</returns>
    /// <exception cref="LibvirtException">No such domain, or libvirt cannot be reached.</exception>
    public Task<ulong?> MigrationSpeedAsync(Guid domain, CancellationToken cancellationToken = default) =>
        OnDomainAsync($"ask for the migration speed of domain {domain}", domain, MigrationSpeed, cancellationToken);

    /// <summary>Sends one QMP command through libvirt (<c>virDomainQemuMonitorCommand</c>).</summary>
    /// <remarks>libvirt marks the domain as tainted (<c>custom-monitor</c>) and logs it, once per run of the domain.</remarks>
    /// <param name="domain">Its UUID.</param>
    /// <param name="json">The command, for example <c>{"execute":"query-status"}</c>.</param>
    /// <param name="cancellationToken">Stops waiting; the command goes on.</param>
    /// <returns>QEMU's whole answer, with <c>return</c> or <c>error</c>.</returns>
    /// <exception cref="LibvirtException">No such running domain, or libvirt cannot be reached. An error of QEMU's is an answer.</exception>
    public Task<string> MonitorCommandAsync(Guid domain, string json, CancellationToken cancellationToken = default) =>
        OnMonitoredAsync(
            $"send a monitor command to domain {domain}",
            domain,
            (handle, purpose) => MonitorCommand(handle, json, purpose),
            cancellationToken);

    /// <summary>Sends one QMP command with file descriptors (<c>virDomainQemuMonitorCommandWithFiles</c>, libvirt 8.2 and later).</summary>
    /// <param name="domain">Its UUID.</param>
    /// <param name="json">The command, for example <c>{"execute":"getfd",…}</c>.</param>
    /// <param name="descriptors">The descriptors; the caller keeps and closes his own.</param>
    /// <param name="cancellationToken">Stops waiting; the command goes on.</param>
    /// <returns>QEMU's whole answer, with <c>return</c> or <c>error</c>.</returns>
    /// <exception cref="LibvirtException">No such running domain, libvirt is older than 8.2, or it cannot be reached.</exception>
    public Task<string> MonitorCommandAsync(
        Guid domain, string json, IReadOnlyList<int> descriptors, CancellationToken cancellationToken = default) =>
        OnMonitoredAsync(
            $"send a monitor command with descriptors to domain {domain}",
            domain,
            (handle, purpose) => MonitorCommand(handle, json, descriptors, purpose),
            cancellationToken);

    /// <summary>
    /// Domain capabilities of an emulator (<c>virConnectGetDomainCapabilities</c>). libvirt probes a binary it does not know and
    /// keeps the result, so this also warms its cache before the daemon is restarted.
    /// </summary>
    /// <param name="emulator">Path of the emulator.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The XML text.</returns>
    /// <exception cref="LibvirtException">libvirt cannot run that emulator, or cannot be reached.</exception>
    public Task<string> DomainCapabilitiesAsync(string emulator, CancellationToken cancellationToken = default) =>
        CallAsync($"probe the emulator {emulator}", () => GetDomainCapabilities(emulator), cancellationToken);

    private static unsafe RunningDomain Describe(nint domain, string purpose)
    {
        byte* uuid = stackalloc byte[LibVirt.VIR_UUID_STRING_BUFLEN];
        byte* name = LibVirt.virDomainGetName(domain);
        if (name == null || LibVirt.virDomainGetUUIDString(domain, uuid) < 0)
        {
            throw LibVirtError.Take(purpose);
        }

        return new RunningDomain(
            Guid.Parse(Marshal.PtrToStringUTF8((nint)uuid)!),
            Marshal.PtrToStringUTF8((nint)name)!,
            unchecked((int)LibVirt.virDomainGetID(domain)));
    }

    private static RunningDomain? Find(DomainHandle handle, string purpose)
    {
        using (handle)
        {
            if (!handle.IsInvalid)
            {
                return Describe(handle.DangerousGetHandle(), purpose);
            }

            LibvirtException error = LibVirtError.Take(purpose);
            return error.Code == LibvirtException.NoDomain ? null : throw error;
        }
    }

    private static unsafe string GetXml(DomainHandle handle, string purpose)
    {
        byte* text = LibVirt.virDomainGetXMLDesc(handle, LibVirt.VIR_DOMAIN_XML_SECURE);
        return text == null ? throw LibVirtError.Take(purpose) : LibVirtString.Take(text);
    }

    private static unsafe (DomainState State, int Reason) GetState(DomainHandle handle, string purpose)
    {
        int state;
        int reason;
        if (LibVirt.virDomainGetState(handle, &state, &reason, 0) < 0)
        {
            throw LibVirtError.Take(purpose);
        }

        return (Enum.IsDefined((DomainState)state) ? (DomainState)state : DomainState.Unknown, reason);
    }

    private static unsafe bool JobActive(DomainHandle handle, string purpose)
    {
        virDomainJobInfo info = default;
        if (LibVirt.virDomainGetJobInfo(handle, &info) < 0)
        {
            throw LibVirtError.Take(purpose);
        }

        // 1 VIR_DOMAIN_JOB_BOUNDED, 2 VIR_DOMAIN_JOB_UNBOUNDED; 0 is none, above are ended ones.
        return info.type is 1 or 2;
    }

    private static unsafe ulong? MigrationSpeed(DomainHandle handle, string purpose)
    {
        // QEMU_DOMAIN_MIG_BANDWIDTH_MAX.
        const ulong Unlimited = long.MaxValue >> 20;
        CULong speed = default;
        return LibVirt.virDomainMigrateGetMaxSpeed(handle, &speed, 0) < 0 ? throw LibVirtError.Take(purpose)
            : speed.Value == Unlimited ? null : speed.Value;
    }

    private static unsafe string MonitorCommand(DomainHandle handle, string json, IReadOnlyList<int> descriptors, string purpose)
    {
        byte* result = null;
        fixed (int* files = descriptors.ToArray())
        {
            try
            {
                return LibVirtQemu.virDomainQemuMonitorCommandWithFiles(handle, json, (uint)descriptors.Count, files, null, null, &result, 0) < 0
                    ? throw LibVirtError.Take(purpose)
                    : LibVirtString.Take(result);
            }
            catch (EntryPointNotFoundException)
            {
                throw new LibvirtException(0, "This libvirt is older than 8.2 and passes no file descriptors to QEMU.");
            }
        }
    }

    private static unsafe string MonitorCommand(DomainHandle handle, string json, string purpose)
    {
        byte* result = null;
        return LibVirtQemu.virDomainQemuMonitorCommand(handle, json, &result, 0) < 0
            ? throw LibVirtError.Take(purpose)
            : LibVirtString.Take(result);
    }

    private unsafe IReadOnlyList<RunningDomain> ListRunning()
    {
        const string purpose = "list the running domains";
        nint* domains = null;
        int count = LibVirt.virConnectListAllDomains(_handle, &domains, LibVirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE);
        if (count < 0)
        {
            throw LibVirtError.Take(purpose);
        }

        try
        {
            var list = new List<RunningDomain>(count);
            for (int i = 0; i < count; i++)
            {
                list.Add(Describe(domains[i], purpose));
            }

            return list;
        }
        finally
        {
            for (int i = 0; i < count; i++)
            {
                _ = LibVirt.virDomainFree(domains[i]);
            }

            NativeMemory.Free(domains);
        }
    }

    private unsafe string GetDomainCapabilities(string emulator)
    {
        byte* text = LibVirt.virConnectGetDomainCapabilities(_handle, emulator, null, null, null, 0);
        return text == null ? throw LibVirtError.Take($"probe the emulator {emulator}") : LibVirtString.Take(text);
    }

    private Task<T> OnDomainAsync<T>(string purpose, Guid domain, Func<DomainHandle, string, T> call, CancellationToken cancellationToken) =>
        CallAsync(purpose, () => OnDomain(purpose, domain, call), cancellationToken);

    private T OnDomain<T>(string purpose, Guid domain, Func<DomainHandle, string, T> call)
    {
        using DomainHandle handle = LibVirt.virDomainLookupByUUIDString(_handle, domain.ToString());
        return handle.IsInvalid ? throw LibVirtError.Take(purpose) : call(handle, purpose);
    }

    // A preflight is some fifty commands to one domain; looking it up for each would be as many questions again. libvirt's daemon goes
    // by the UUID at each command, so the handle of a domain that has ended since gets the same error as a look-up.
    private Task<T> OnMonitoredAsync<T>(string purpose, Guid domain, Func<DomainHandle, string, T> call, CancellationToken cancellationToken) =>
        CallAsync(purpose, () => call(Monitored(purpose, domain), purpose), cancellationToken);

    private DomainHandle Monitored(string purpose, Guid domain)
    {
        if (_monitored.TryGetValue(domain, out DomainHandle? kept))
            return kept;
        DomainHandle handle = LibVirt.virDomainLookupByUUIDString(_handle, domain.ToString());
        if (handle.IsInvalid)
            throw LibVirtError.Take(purpose);
        if (_monitored.TryAdd(domain, handle))
            return handle;
        // Another call was quicker.
        handle.Dispose();
        return _monitored[domain];
    }

    // A call that is under way keeps its handle until it returns.
    private void ForgetMonitored()
    {
        foreach (DomainHandle handle in _monitored.Values)
            handle.Dispose();
    }
}
