import Engine

/// One course of a plan with its operators and their frames, ready to run.
final class Track {
    /// One operator on its way forward.
    struct Forward {
        let op: any Op
        let frame: Frame
        let packs: Bool
        /// Its inputs change when the trained weights do.
        let changes: Bool
    }

    /// One operator on its way back.
    struct Backward {
        let op: any DifferentiableOp
        let frame: BackwardFrame
        /// What has to be computed again before.
        let again: [Forward]
        let packs: Bool
        /// Gradients that nobody wrote.
        let unread: [TensorView]
    }

    let forward: [Forward]
    let backward: [Backward]

    init(forward: [Forward], backward: [Backward]) {
        self.forward = forward
        self.backward = backward
    }

    /// `all`: also what has not changed since the last time.
    func forward(_ worker: Worker, all: Bool = true) {
        for step in forward where all || step.changes { compute(step, worker) }
    }

    private func compute(_ step: Forward, _ worker: Worker) {
        if step.packs {
            if worker.index == 0 { step.op.pack(step.frame) }
            worker.barrier()
        }
        step.op.forward(step.frame, worker)
        worker.barrier()
    }

    func backward(_ worker: Worker) {
        for step in backward {
            for step in step.again { compute(step, worker) }
            if step.packs && worker.index == 0 { step.op.packBackward(step.frame) }
            for dy in step.unread {
                let share = worker.share(of: dy.count, grain: 16)
                (dy.f32 + share.lowerBound).update(repeating: 0, count: share.count)
            }
            if step.packs || !step.unread.isEmpty { worker.barrier() }
            step.op.backward(step.frame, worker)
            worker.barrier()
        }
    }
}

/// One rearrangement of inputs that outlives a run.
struct Packer {
    let op: any Op
    let frame: Frame?
    let back: (op: any DifferentiableOp, frame: BackwardFrame)?
    let bytes: Int

    func pack() {
        if let frame { op.pack(frame) }
        if let back { back.op.packBackward(back.frame) }
    }
}
