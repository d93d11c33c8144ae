using System.Runtime.CompilerServices;
using System.Security;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>A guest whose QEMU lies on its monitor, or maps what no QEMU maps (<c>liar.c</c>): it stands for one that a guest has taken over.</summary>
internal static class LyingGuest
{
    private const string Library = "/usr/lib/liar.so";
    private const string Reply = "/usr/lib/liar-reply.json";

    /// <summary>Starts one that answers a command with this JSON.</summary>
    public static Task Answering(string name, string command, string json, params string[] options) => Start(
        name, [("LIAR_COMMAND", command), ("LIAR_REPLY", Reply)], json, options);

    /// <summary>Starts one that sends events without end once it is told to stop its guest.</summary>
    public static Task SendingEvents(string name, params string[] options) => Start(name, [("LIAR_EVENTS", "1")], null, options);

    /// <summary>Starts one that has mapped 4 TiB of holes.</summary>
    public static Task Mapping(string name, string file, params string[] options) => Start(name, [("LIAR_MAPS", file)], null, options);

    private static async Task Start(string name, (string Name, string Value)[] variables, string? reply, string[] options)
    {
        await Shell.Run("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", Library, Path.Combine(Here(), "liar.c"), "-ldl", "-lpthread");
        File.Delete(Reply);
        string environment = string.Concat(variables.Prepend(("LD_PRELOAD", Library)).Select(
            variable => $"<qemu:env name='{variable.Item1}' value='{SecurityElement.Escape(variable.Item2)}'/>"));
        string xml = (await Shell.Run("vm", [name, "--xml", "--no-net", "--no-disk", "--mem", "16", "--memory", "128", .. options]))
            .Replace("<domain type='qemu'>", "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>", StringComparison.Ordinal)
            .Replace("</domain>", $"<qemu:commandline>{environment}</qemu:commandline></domain>", StringComparison.Ordinal);
        string file = $"/run/lab/{name}.xml";
        await File.WriteAllTextAsync(file, xml);
        await Virsh.Run("define", file);
        await Virsh.Run("start", name);
        if (reply is not null)
        {
            await File.WriteAllTextAsync(Reply + ".new", reply);
            File.Move(Reply + ".new", Reply);
        }
    }

    /// <summary>
    /// Has the product do something. Not by the name by which <see cref="Shell"/> knows it, which has the tests' own views of all guests ask
    /// the liar, too.
    /// </summary>
    public static Task<string> HandOver(params string[] words) => Shell.Run("env", ["virt-handover", .. words]);

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
