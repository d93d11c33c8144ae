using System.ComponentModel;
using CliWrap;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>
/// Where a program is that is named without a directory, as execvp(3) would find it. .NET looks into the current directory before
/// <c>PATH</c>, and that may be somebody's who would like root to run a program of his.
/// </summary>
public static class ProgramPath
{
    private const int ENOENT = 2;
    private const string Usual = "/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Looks into the directories of <c>PATH</c> that do not depend on where this process is.</summary>
    /// <param name="name">A name, for example <c>ssh</c>; a path is what it is.</param>
    /// <returns>The program's path.</returns>
    /// <exception cref="Win32Exception">There is none, as when a process could not be started.</exception>
    public static string Of(string name) => Of(name, Environment.GetEnvironmentVariable("PATH"));

    /// <summary>A program of this host, to be given its words and started: the only way in which one is started by its name.</summary>
    /// <param name="name">A name, or a path.</param>
    /// <returns>What CliWrap starts.</returns>
    /// <exception cref="Win32Exception">There is none.</exception>
#pragma warning disable RS0030 // Here it is not looked for in the current directory.
    public static Command Command(string name) => Cli.Wrap(Of(name));
#pragma warning restore RS0030

    internal static string Of(string name, string? path)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return name;
        }

        foreach (var directory in (string.IsNullOrEmpty(path) ? Usual : path).Split(':'))
        {
            var file = $"{directory}/{name}";
            if (Path.IsPathRooted(directory) && FileIdentity.Of(file) is { IsRegular: true, IsExecutable: true })
            {
                return file;
            }
        }

        throw new Win32Exception(ENOENT, $"the program {name} is in no directory of PATH");
    }
}
