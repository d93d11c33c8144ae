using VirtHandover.Contract;
using VirtHandover.Handover;

namespace VirtHandover.Tests.Unit;

public class AssessmentTests
{
    [Fact]
    public void One_blocker_refuses_the_handover()
    {
        var note = new Finding("PTY", FindingSeverity.Note, "The console moves.");
        var blocker = new Finding("VFIO", FindingSeverity.Blocker, "The VM has a passthrough device.");
        Assert.False(new Assessment(RamMethod.Shared, "", [note]).IsBlocked);
        Assert.True(new Assessment(null, "", [note, blocker]).IsBlocked);
    }
}
