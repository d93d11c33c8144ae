using VirtHandover.Bus.Client;
using VirtHandover.Contract;

namespace VirtHandover.Tui.Cli;

/// <summary>The program's exit codes; they never change their meaning.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int Pending = 3;
    public const int NotAuthorized = 4;
    public const int Unreachable = 5;
    public const int Internal = 70;
    public const int Interrupted = 130;
    public const int Terminated = 143;

    public static int Of(ServiceFault fault) => fault switch
    {
        ServiceFault.Unreachable => Unreachable,
        ServiceFault.NotAuthorized => NotAuthorized,
        ServiceFault.InvalidArgument => Usage,
        ServiceFault.UnknownDomain or ServiceFault.WrongState or ServiceFault.LibvirtUnavailable or ServiceFault.Failed => Failed,
        _ => Failed,
    };

    public static int Of(HandoverOutcome outcome) => outcome is HandoverOutcome.Done or HandoverOutcome.Rehearsed ? Ok : Failed;
}
