using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;

namespace VirtHandover.Tests.Integration.Host;

/// <summary>What libvirt says about domains.</summary>
internal static class Virsh
{
    public static Task<string> Run(params string[] arguments) => Shell.Run("virsh", ["-q", .. arguments]);

    /// <summary>"running", "paused", "shut off".</summary>
    public static async Task<string> State(string domain) => (await Run("domstate", domain)).Trim();

    public static async Task<Guid> Uuid(string domain) => Guid.Parse((await Run("domuuid", domain)).Trim());

    /// <summary>The id that libvirt gave the running domain.</summary>
    public static async Task<int> Id(string domain) => int.Parse((await Run("domid", domain)).Trim(), CultureInfo.InvariantCulture);

    /// <summary>The live definition.</summary>
    public static async Task<XElement> Xml(string domain) => XElement.Parse(await Run("dumpxml", domain));

    /// <summary>The process that libvirt holds for the domain's QEMU, from its status file.</summary>
    public static async Task<int> Pid(string domain)
    {
        var status = XElement.Parse(await File.ReadAllTextAsync(Reach.File($"/run/libvirt/qemu/{domain}.xml")));
        return int.Parse(status.Attribute("pid")!.Value, CultureInfo.InvariantCulture);
    }

    /// <summary>The version of QEMU that really runs the domain, asked from itself, such as 7.2.22.</summary>
    public static async Task<string> RunningVersion(string domain)
    {
        using var reply = JsonDocument.Parse(await Monitor(domain, """{"execute":"query-version"}"""));
        var version = reply.RootElement.GetProperty("return").GetProperty("qemu");
        return $"{version.GetProperty("major")}.{version.GetProperty("minor")}.{version.GetProperty("micro")}";
    }

    /// <summary>Sends a QMP command through libvirt and returns the whole reply.</summary>
    public static Task<string> Monitor(string domain, string command) => Run("qemu-monitor-command", domain, command);

    /// <summary>Sends a command to the guest agent and returns the whole reply.</summary>
    public static Task<string> Agent(string domain, string command) => Run(AgentCommand(domain, command));

    public static string[] AgentCommand(string domain, string command) => ["qemu-agent-command", "--timeout", "10", domain, command];
}
