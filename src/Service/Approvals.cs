using VirtHandover.Configuration;
using VirtHandover.Foreign;
using VirtHandover.Queue;

namespace VirtHandover.Service;

/// <summary>What people approved, when the package that would act on it is removed.</summary>
internal static class Approvals
{
    /// <summary>The role that takes them back: the database is the front's, so that root does not open it.</summary>
    internal const string Role = "take-back";

    /// <summary>Takes them back.</summary>
    /// <param name="paths">Where the service's things are.</param>
    /// <param name="say">Tells whoever removes the package.</param>
    internal static void TakeBack(ServicePaths paths, Action<string> say)
    {
        if (!File.Exists(paths.Database))
        {
            return;
        }

        try
        {
            using var store = UpgradeStore.Open(paths.Database);
            var names = UpgradeQueue.Load(store, new QueueOptions(), TimeProvider.System).TakeBackApprovals("the removal of virt-handover");
            if (names.Count > 0)
            {
                say($"These VMs were approved and stay on their old QEMU; the approval is taken back: {string.Join(", ", names.Select(ForeignText.Escape))}.");
            }
        }
        catch (Exception e) when (e is StoreException or QueueException)
        {
            say($"Approvals could not be taken back: {e.Message}");
        }
    }
}
