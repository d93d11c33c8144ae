using System.Globalization;
using System.Text;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux.Launch;

/// <summary>
/// The role of the service's program that becomes another program, in the context of a VM's QEMU. Nothing but that program, which root owns and which
/// is held open, is executed once a namespace was entered; nothing of that QEMU's environment or memory has a say before it.
/// </summary>
public static class Launcher
{
    /// <summary>The first argument that makes the service's program the launcher.</summary>
    public const string Role = "launch";

    /// <summary>What the launcher writes right before it becomes the program; nothing after it means that it did.</summary>
    internal const string Ready = "+";

    private const int Failed = 126;

    /// <summary>Becomes the program that the plan names.</summary>
    /// <param name="plan">The number of the descriptor that the plan is read from.</param>
    /// <returns>The exit code when it did not; the reason was told.</returns>
    public static int Run(string plan)
    {
        if (!int.TryParse(plan, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor) || descriptor < 3)
            return Failed;
        try
        {
            var read = SealedMemory.Read(descriptor, LaunchJson.Default.LaunchPlan);
            // A thread of its own: a process with others cannot leave a mount namespace, a thread with a root directory of its own can.
            OnThread(() => Tell(read.Report, Become(read)));
            return Failed;
        }
        catch (LinuxException)
        {
            // No plan, and with it nobody to be told.
            return Failed;
        }
    }

    /// <summary>Runs something on a thread of its own, to its end.</summary>
    /// <param name="action">What; it throws nothing.</param>
    internal static void OnThread(Action action)
    {
        var thread = new Thread(() => action());
        thread.Start();
        thread.Join();
    }

    private static string Become(LaunchPlan plan)
    {
        TrustedProgram? program = null;
        try
        {
            var entry = new ContextEntry(plan.Context);
            entry.Prepare();
            entry.EnterNamespaces();
            if (plan.Program is { } path)
            {
                using var root = TrustedProgram.OpenRoot("/");
                program = TrustedProgram.Open(root, path);
            }

            var execution = program is null
                ? new ProgramExecution(plan.ProgramDescriptor ?? throw new LinuxException(0, "The plan names no program."), plan)
                : new ProgramExecution(program, plan);
            entry.DropRights();
            Tell(plan.Report, Ready);
            if (plan.Gate is { } gate)
                Await(gate, plan.Report);
            return execution.Run();
        }
        catch (UntrustedProgramException exception)
        {
            return exception.Message;
        }
        catch (Exception exception) when (exception is LinuxException or Proc.ProcException or IOException)
        {
            return exception.Message;
        }
    }

    // Whoever is to follow the program takes hold of the thread that becomes it.
    private static unsafe void Await(int gate, int report)
    {
        Tell(report, string.Create(CultureInfo.InvariantCulture, $"{Libc.syscall6(Libc.SYS_gettid, 0, 0, 0, 0, 0, 0)}\n"));
        byte opened;
        if (Libc.syscall6(Libc.SYS_read, gate, (nint)(&opened), 1, 0, 0, 0) != 1)
            throw new LinuxException(0, "The launcher was not told to go on.");
    }

    private static unsafe void Tell(int report, string sentence)
    {
        var bytes = Encoding.UTF8.GetBytes(sentence);
        fixed (byte* buffer = bytes)
            _ = Libc.write(report, buffer, bytes.Length);
    }
}
