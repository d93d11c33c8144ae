using System.Globalization;
using System.Text;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>
/// A guest that has taken over its QEMU, played from outside: it writes into that process's memory. What a compromised QEMU shows as its command line
/// and environment is just memory of its own.
/// </summary>
internal static class HostileProcess
{
    /// <summary>Puts a text in the place of another one of the same length in what <c>/proc/PID/cmdline</c> shows. NUL ends an argument.</summary>
    public static void RewriteArguments(int process, string from, string to)
    {
        Assert.Equal(from.Length, to.Length);
        Rewrite(process, isEnvironment: false, text =>
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            var at = text.IndexOf(from, StringComparison.Ordinal);
            return text[..at] + to + text[(at + from.Length)..];
        });
        Assert.Contains(to, Text(process, "cmdline"), StringComparison.Ordinal);
    }

    /// <summary>Adds arguments where another one's end was: the kernel command line is long.</summary>
    public static void AddArguments(int process, params string[] added)
    {
        var more = string.Concat(added.Select(word => word + '\0'));
        Rewrite(process, isEnvironment: false, text =>
        {
            var end = text.IndexOf('\0', text.IndexOf("-append\0", StringComparison.Ordinal) + "-append\0".Length);
            var place = text[..(end - more.Length)];
            return place + '\0' + more + text[(end + 1)..];
        });
        Assert.Contains(more, Text(process, "cmdline"), StringComparison.Ordinal);
    }

    /// <summary>Does anything to them that keeps their length.</summary>
    public static void EditArguments(int process, Func<string, string> edit) => Rewrite(process, isEnvironment: false, edit);

    /// <summary>Replaces the whole environment.</summary>
    public static void RewriteEnvironment(int process, string variable)
    {
        Rewrite(process, isEnvironment: true, text => variable + "\0A=" + new string('x', text.Length - variable.Length - 4) + '\0');
        Assert.StartsWith(variable + '\0', Text(process, "environ"), StringComparison.Ordinal);
    }

    private static void Rewrite(int process, bool isEnvironment, Func<string, string> edit)
    {
        // proc(5): arg_start, arg_end, env_start and env_end are the fields 48 to 51; the name before may hold anything.
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var place = fields[45..49].Select(field => long.Parse(field, CultureInfo.InvariantCulture)).Skip(isEnvironment ? 2 : 0).ToArray();
        using var memory = new FileStream($"/proc/{process}/mem", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        var content = new byte[place[1] - place[0]];
        memory.Seek(place[0], SeekOrigin.Begin);
        memory.ReadExactly(content);
        var after = Encoding.Latin1.GetBytes(edit(Encoding.Latin1.GetString(content)));
        Assert.Equal(content.Length, after.Length);
        memory.Seek(place[0], SeekOrigin.Begin);
        memory.Write(after);
    }

    private static string Text(int process, string file) => Encoding.Latin1.GetString(File.ReadAllBytes(ProcRoot.Host.File(process, file)));
}
