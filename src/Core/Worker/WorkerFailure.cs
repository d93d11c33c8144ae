using VirtHandover.Foreign;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>Exceptions on their way from the worker to the front.</summary>
internal static class WorkerFailure
{
    /// <summary>As the worker tells it.</summary>
    internal static WorkerReply.Failed Of(Exception exception)
    {
        var (kind, code) = exception switch
        {
            LibvirtException libvirt => (FailureKind.Libvirt, libvirt.Code),
            LinuxException linux => (FailureKind.Linux, linux.Error),
            QueueException queue => (FailureKind.Queue, (int)queue.Fault),
            OperationCanceledException => (FailureKind.Stopped, 0),
            _ => (FailureKind.Worker, 0),
        };
        return new WorkerReply.Failed(kind, code, ForeignText.Sentence(exception.Message));
    }

    /// <summary>As the front throws it.</summary>
    internal static Exception Exception(WorkerReply.Failed failed) => failed.Kind switch
    {
        FailureKind.Libvirt => new LibvirtException(failed.Code, failed.Message),
        FailureKind.Linux => new LinuxException(failed.Code, failed.Message),
        FailureKind.Queue => new QueueException(Enum.IsDefined((QueueFault)failed.Code) ? (QueueFault)failed.Code : QueueFault.WrongState, failed.Message),
        // Nobody here has given it up, or he would not hear of it: the worker ends.
        FailureKind.Stopped => new WorkerException("virt-handoverd's worker ends.") { IsAway = true },
        _ => new WorkerException(failed.Message),
    };
}
