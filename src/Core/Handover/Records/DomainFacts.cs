using VirtHandover.Libvirt;
using VirtHandover.Libvirt.Xml;

namespace VirtHandover.Handover.Records;

/// <summary>What a domain's command line is measured by. None of it comes from the domain's process.</summary>
/// <param name="Domain">The live definition, as libvirt wrote it into its status file.</param>
/// <param name="Settings">libvirt's settings.</param>
/// <param name="LibDirectory">The domain's private directory, with its monitor's socket.</param>
/// <param name="Program">What the kernel says that the process executes.</param>
internal sealed record DomainFacts(DomainXml Domain, QemuConf Settings, string LibDirectory, string Program)
{
    /// <summary>The facts of a running domain.</summary>
    /// <param name="status">libvirt's status file.</param>
    /// <param name="settings">libvirt's settings.</param>
    /// <param name="program">What the kernel says that the process executes.</param>
    internal static DomainFacts Of(StatusFile status, QemuConf settings, string program) => new(status.Domain, settings, status.LibDirectory, program);

    /// <summary>The name that libvirt gives everything of this run of the domain: its number and the begin of its name.</summary>
    internal string ShortName
    {
        get
        {
            const string Prefix = "domain-";
            var last = Path.GetFileName(LibDirectory);
            return last.StartsWith(Prefix, StringComparison.Ordinal) ? last[Prefix.Length..] : "";
        }
    }
}
