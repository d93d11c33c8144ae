using CsCheck;
using VirtHandover.Canary;
using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Handover;
using VirtHandover.Queue;
using VirtHandover.Tests.Unit.Queue;
using VirtHandover.Worker;

namespace VirtHandover.Tests.Unit.Worker;

/// <summary>What front and worker write is what the other one reads.</summary>
public class WorkerJsonTests
{
    private static readonly Gen<string> s_text = Gen.String[Gen.Char, 0, 40];

    private static readonly Gen<RunOrder> s_order =
        Gen.Select(Gen.Long, Gen.Guid, Gen.Bool, Gen.Long, (id, domain, rehearse, pause) => new RunOrder(id, domain, rehearse, TimeSpan.FromTicks(pause)));

    private static readonly Gen<Notice> s_notice =
        Gen.Select(Gen.OneOf([.. Notice.Events]), s_text, s_text, Gen.Bool, Gen.Enum<HandoverOutcome>(), Gen.Long, (
            what, sentence, names, hasResult, outcome, id) => new Notice(what, sentence, names, names, hasResult ? new NoticeResult(id, outcome, id, sentence) : null));

    private static readonly Gen<WorkerRequest> s_request = Gen.OneOf<WorkerRequest>(
        s_text.Select(build => (WorkerRequest)new WorkerRequest.Greet(build)),
        Gen.Long.Select(call => (WorkerRequest)new WorkerRequest.Stop(call)),
        Gen.OneOf<WorkerRequest>(
            new WorkerRequest.Scan(), new WorkerRequest.Unfinished(), new WorkerRequest.ClearCanary(), new WorkerRequest.IsInstalling(),
            new WorkerRequest.AskHold(), new WorkerRequest.Watch()),
        Gen.Guid.Select(domain => (WorkerRequest)new WorkerRequest.Assess(domain)),
        Gen.Guid.Select(domain => (WorkerRequest)new WorkerRequest.ReadPolicy(domain)),
        Gen.Long.Select(id => (WorkerRequest)new WorkerRequest.Cancel(id)),
        Gen.Select(Gen.Long, Gen.Guid, (id, domain) => (WorkerRequest)new WorkerRequest.Recover(id, domain)),
        s_order.Select(order => (WorkerRequest)new WorkerRequest.SendCanary(order)),
        Gen.Select(Gen.Guid, s_text, Gen.Bool, (domain, text, isThere) => (WorkerRequest)new WorkerRequest.WritePolicy(domain, isThere ? text : null)),
        Gen.Select(Gen.Guid, s_text, (domain, name) => (WorkerRequest)new WorkerRequest.Prepare(domain, name)),
        s_notice.Select(notice => (WorkerRequest)new WorkerRequest.Tell(notice)));

    private static readonly Gen<WorkerReply> s_reply = Gen.OneOf<WorkerReply>(
        s_text.Select(build => (WorkerReply)new WorkerReply.Greeting(build)),
        Gen.OneOf<WorkerReply>(new WorkerReply.Done(), new WorkerReply.Changed(), new WorkerReply.Recovered(null)),
        Gen.Select(Gen.Enum<FailureKind>(), Gen.Int, s_text, (kind, code, text) => (WorkerReply)new WorkerReply.Failed(kind, code, text)),
        Gen.Long.Select(looks => (WorkerReply)new WorkerReply.Looked(looks)),
        s_text.Select(text => (WorkerReply)new WorkerReply.Alarmed(text)),
        s_text.Select(text => (WorkerReply)new WorkerReply.Sentence(text)),
        s_text.Select(text => (WorkerReply)new WorkerReply.Verdict(new CanaryVerdict.Died(text))),
        Gen.Bool.Select(yes => (WorkerReply)new WorkerReply.Answer(yes)),
        Gen.Select(s_text, Gen.Bool, (text, isThere) => (WorkerReply)new WorkerReply.Policy(isThere ? text : null, text)));

    [Fact]
    public void Every_request_comes_back_as_it_was() => Gen.Select(Gen.Long, s_request).Sample((call, request) =>
        Assert.Equal(request, Through(request, call)));

    [Fact]
    public void Every_reply_comes_back_as_it_was() => Gen.Select(Gen.Long, s_reply).Sample((call, reply) =>
        Assert.Equal(reply, Through(reply, call)));

    [Fact]
    public void What_has_lists_in_it_comes_back_as_well() => s_order.Array[0, 5].Sample(orders =>
    {
        var run = (WorkerRequest.Run)Through(new WorkerRequest.Run(orders));
        Assert.Equal(orders, run.Orders);
        Assert.Equal(orders.Select(order => order.Id), ((WorkerReply.Numbers)Through(new WorkerReply.Numbers([.. orders.Select(order => order.Id)]))).Ids);
    });

    [Fact]
    public void Domains_assessments_news_and_reports_come_back_as_they_were()
    {
        var seen = (WorkerReply.Seen)Through(new WorkerReply.Seen(Sample.Domain(3).Domain with { Problem = "Odd." }, Sample.Domain(3).Instance));
        Assert.Equal(QueueJson.Write(Upgrade(Sample.Domain(3).Domain, seen.Instance)), QueueJson.Write(Upgrade(seen.Domain, seen.Instance)));
        Assert.Equal(("Odd.", Sample.Domain(3).Instance), (seen.Domain.Problem, seen.Instance));
        var bad = Sample.Bad with { StandsStill = true, EstimatedPause = TimeSpan.FromSeconds(2) };
        var assessed = (WorkerReply.Assessed)Through(new WorkerReply.Assessed(bad));
        Assert.Equal(Sample.Bad.Findings, assessed.Assessment.Findings);
        Assert.Equal((true, TimeSpan.FromSeconds(2)), (assessed.Assessment.StandsStill, assessed.Assessment.EstimatedPause));
        foreach (var outcome in Enum.GetValues<HandoverOutcome>())
        {
            var report = Sample.Report(7, 1, outcome);
            var told = (WorkerReply.News)Through(new WorkerReply.News(new HandoverNews(7, new HandoverProgress.Ended(report))));
            Assert.Equal(QueueJson.Write(report), QueueJson.Write(((HandoverProgress.Ended)told.Told.Progress).Report));
            Assert.Equal(QueueJson.Write(report), QueueJson.Write(((WorkerReply.Recovered)Through(new WorkerReply.Recovered(report))).Report!));
        }
    }

    [Fact]
    public void Any_bytes_are_a_message_or_refused() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        try
        {
            _ = WorkerJson.Read(bytes, WorkerJson.Default.Asked);
        }
        catch (WorkerException e)
        {
            Assert.NotEmpty(e.Message);
        }
    });

    private static Upgrade Upgrade(DetectedDomain domain, QemuInstance instance) => new()
    {
        Domain = domain.Uuid,
        Name = domain.Name,
        Instance = instance,
        Running = domain.Running,
        Installed = domain.Installed,
        Reasons = domain.Reasons,
        State = new UpgradeState.Pending(),
    };

    private static WorkerRequest Through(WorkerRequest request, long call = 1)
    {
        var asked = WorkerJson.Read(Line(WorkerJson.Write(new Asked(call, request), WorkerJson.Default.Asked)), WorkerJson.Default.Asked);
        Assert.Equal(call, asked.Call);
        return asked.Request;
    }

    private static WorkerReply Through(WorkerReply reply, long call = 1)
    {
        var told = WorkerJson.Read(Line(WorkerJson.Write(new Told(call, reply), WorkerJson.Default.Told)), WorkerJson.Default.Told);
        Assert.Equal(call, told.Call);
        return told.Reply;
    }

    // One message is one line, whatever is in it.
    private static byte[] Line(byte[] bytes)
    {
        Assert.Equal(bytes.Length - 1, Array.IndexOf(bytes, (byte)'\n'));
        return bytes[..^1];
    }
}
